/* main.c - make explore: what test_explore looks at, and more of it.
 *   explore [WORD]    only the scenarios whose name holds that word */
#include <stdio.h>
#include <string.h>

#include "print.h"
#include "search.h"

enum { MOST_STATES = 40000000 };

static const struct {
    enum reduction reduction;
    struct scenario sc;
} scenarios[] = {
    {REDUCE_NOTHING,
     {.name = "one order, every step of everyone",
      .orders = 1,
      .stock = 1,
      .workers = 2,
      .max_attempts = 2,
      .inbox = true,
      .copies = 1,
      .late_calls = true}},
    {REDUCE_SINKS,
     {.name = "one order, three duplicates at a time",
      .orders = 1,
      .stock = 1,
      .workers = 2,
      .max_attempts = 3,
      .inbox = true,
      .copies = 3,
      .late_calls = true}},
    {REDUCE_SINKS,
     {.name = "one order, no inboxes, losses",
      .orders = 1,
      .stock = 1,
      .workers = 2,
      .max_attempts = 3,
      .losses = true,
      .late_calls = true}},
    {REDUCE_ORDERS,
     {.name = "two orders, one piece, two workers each",
      .orders = 2,
      .stock = 1,
      .workers = 2,
      .max_attempts = 1,
      .inbox = true,
      .late_calls = true}},
    {REDUCE_ORDERS,
     {.name = "two orders, one piece, a duplicate, late calls",
      .orders = 2,
      .stock = 1,
      .workers = 1,
      .max_attempts = 2,
      .inbox = true,
      .copies = 1,
      .late_calls = true}},
    {REDUCE_ORDERS,
     {.name = "two orders, one piece, losses, late calls",
      .orders = 2,
      .stock = 1,
      .workers = 1,
      .max_attempts = 2,
      .inbox = true,
      .losses = true,
      .late_calls = true}},
    {REDUCE_ORDERS,
     {.name = "two orders, two pieces, late calls",
      .orders = 2,
      .stock = 2,
      .workers = 1,
      .max_attempts = 2,
      .inbox = true,
      .late_calls = true}},
    {REDUCE_ORDERS,
     {.name = "three orders, two pieces",
      .orders = 3,
      .stock = 2,
      .workers = 1,
      .max_attempts = 1,
      .inbox = true}     },
    {REDUCE_ORDERS,
     {.name = "three orders, one piece, losses",
      .orders = 3,
      .stock = 1,
      .workers = 1,
      .max_attempts = 1,
      .inbox = true,
      .losses = true}    },
};

static bool too_few_ship(const struct scenario *sc, const struct search_result *r)
{
    const int due = scenario_most_shipped(sc);

    if (r->most_shipped != due)
        printf("violated: in some quiet state %d orders must have shipped\n", due);
    return r->most_shipped != due;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "";
    int searches = 0, failures = 0;

    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        const struct search_options opt = {&scenarios[i].sc, scenarios[i].reduction, MOST_STATES};
        struct search_result r;

        if (!strstr(opt.scenario->name, word))
            continue;
        search(&opt, &r);
        print_counts(opt.scenario, &r);
        if (r.violated)
            print_trace(opt.scenario, &r);
        fflush(stdout);
        searches++;
        failures += r.violated || too_few_ship(opt.scenario, &r);
    }
    if (searches == 0)
        fprintf(stderr, "no scenario's name holds \"%s\"\n", word);
    return searches == 0 || failures > 0;
}
