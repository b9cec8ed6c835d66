/* test_runbooks.c - what the pages of docs/runbooks say to type works as it is written there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "wayctl.h"
#include "world.h"

enum { MAX_LINE = 512, PATIENCE_S = 30 };

/* What changes something is tried where something is wrong: by the tests that are named. */
static const struct {
    const char *begins, *tried_by;
} elsewhere[] = {
    {"tools/wayctl.sh saga retry ",                              "test_operator.c"  },
    {"tools/wayctl.sh saga cancel ",                             "test_operator.c"  },
    {"tools/wayctl.sh saga retell ",                             "test_operator.c"  },
    {"tools/wayctl.sh dead show ",                               "test_operator.c"  },
    {"tools/wayctl.sh dead redrive ",                            "test_operator.c"  },
    {"tools/wayctl.sh dead drop ",                               "test_operator.c"  },
    {"tools/wayctl.sh outbox requeue ",                          "test_operator.c"  },
    {"infra/stack.sh psql order -Atc ",                          "test_operator.c"  }, /* retell, of one */
    {"infra/stack.sh stop ",                                     "test_outage.c"    },
    {"infra/stack.sh rabbitmqctl set_vm_memory_high_watermark ", "tests/chaos"      },
    {"docker update ",                                           "the engine's own" },
    {"SCALE_order=2 make up",                                    "make test SCALE=2"},
};

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static bool is_tried_elsewhere(const char *line)
{
    for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
        if (begins(line, elsewhere[i].begins))
            return true;
    return false;
}

/* The line with 'new' in the place of 'old', if it has that. */
static const char *with(const char *line, const char *old, const char *new)
{
    const char *at = strstr(line, old);

    return at ? text("%.*s%s%s", (int)(at - line), line, new, at + strlen(old)) : line;
}

/* As somebody types it, but for the words that stand for what they have at hand. The make
 * that runs the tests is not this one's parent. */
static const char *as_typed(const char *line, const char *order_id)
{
    line = with(line, "http://127.0.0.1:8080", world()->gateway);
    line = with(line, "ORDER", order_id);
    return text("exec 2>&1 </dev/null; unset MAKEFLAGS MAKELEVEL MFLAGS; %s", line);
}

/* Of wayctl 1 says that a check has found something, of all others that they failed; 2 that it
 * cannot tell for the moment, and then people ask again. */
static void must_work(const char *page, const char *line, const char *order_id)
{
    const int most = begins(line, "tools/wayctl.sh ") ? WRONG : FINE;
    const time_t deadline = time(NULL) + PATIENCE_S;
    struct said s;

    do
        s = wayctl_run(as_typed(line, order_id));
    while (s.status > most && time(NULL) < deadline);
    if (s.status > most) {
        fprintf(stderr, "%s\n", s.text); /* all of it: what is not known stands at the end */
        fail_msg("%s: status %d of: %s", page, s.status, line);
    }
    if (!*s.text && !begins(line, "infra/stack.sh start ") &&
        !begins(line, "infra/stack.sh restart "))
        fail_msg("%s: nothing is said by: %s", page, line);
}

/* What stands between two lines of ```; a line that ends in | goes on in the next. */
static size_t try_page(const char *name, const char *order_id)
{
    FILE *f = fopen(text("docs/runbooks/%s", name), "r");
    char line[MAX_LINE];
    bool commands = false, goes_on = false;
    size_t n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        const bool first = !goes_on;

        line[strcspn(line, "\n")] = '\0';
        goes_on = commands && *line && line[strlen(line) - 1] == '|';
        if (begins(line, "```"))
            commands = !commands;
        else if (commands && first && !is_tried_elsewhere(line)) {
            must_work(name, line, order_id);
            n++;
        }
    }
    fclose(f);
    return n;
}

static void each_command_that_only_looks_works_as_it_is_written(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    DIR *dir = opendir("docs/runbooks");
    size_t n = 0;

    (void)state;
    await_status(&c, id, "SHIPPED");
    assert_non_null(dir);
    books_must_balance();
    for (const struct dirent *d; (d = readdir(dir));)
        if (strstr(d->d_name, ".md"))
            n += try_page(d->d_name, id);
    closedir(dir);
    assert_true(n > 30);
    await_healthy();
    books_must_balance();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_that_only_looks_works_as_it_is_written),
    };

    return cmocka_run_group_tests_name("end to end: runbooks", tests, NULL, NULL);
}
