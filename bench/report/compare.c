/* compare.c - which figures changed from one result to another, noise apart (judge.h).
 *
 *   compare [--other-machine] BEFORE.json AFTER.json
 *
 * Exit status: 0 nothing is worse, 1 something is, 2 it could not be compared. Figures of
 * different machines are not compared unless asked to: they say nothing about the program. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "judge.h"
#include "table.h"

enum { NOT_WORSE, WORSE, NOT_COMPARED };

static const char *const words[] = {
    [CHANGE_NONE] = "",
    [CHANGE_BETTER] = "better",
    [CHANGE_WORSE] = "WORSE",
    [CHANGE_NEITHER] = "changed",
};

static const char *or_unknown(const char *s)
{
    return s ? s : "unknown";
}

static void print_figure(const struct figure *a, const struct figure *b, enum change change)
{
    char before[32], after[32], ratio[32] = "";

    table_number(a->spread.median, before);
    table_number(b->spread.median, after);
    if (a->spread.median > 0)
        snprintf(ratio, sizeof(ratio), "%.2f x", b->spread.median / a->spread.median);
    printf("  %-36s %10s %10s %-9s %8s  %s\n", b->name, before, after, b->unit, ratio,
           words[change]);
}

/* How many figures are worse; those that are in one result only are named. */
static int print_figures(const struct result *a, const struct result *b)
{
    int worse = 0;

    printf("  %-36s %10s %10s\n", "figure", "before", "after");
    for (size_t i = 0; i < b->nfigures; i++) {
        const struct figure *after = &b->figures[i], *before = result_figure(a, after->name);
        const enum change change = before ? judge_change(before, after) : CHANGE_NONE;

        if (before)
            print_figure(before, after, change);
        else
            printf("  %-36s only after\n", after->name);
        worse += change == CHANGE_WORSE;
    }
    for (size_t i = 0; i < a->nfigures; i++)
        if (!result_figure(b, a->figures[i].name))
            printf("  %-36s only before\n", a->figures[i].name);
    return worse;
}

static void print_settings(const struct result *a, const struct result *b)
{
    for (size_t i = 0; i < b->nsettings; i++) {
        const char *before = result_setting(a, b->settings[i].name);

        if (before && strcmp(before, b->settings[i].value) != 0)
            printf("  %s: was %s, is %s\n", b->settings[i].name, before, b->settings[i].value);
    }
}

/* False: they are not to be compared. */
static bool may_compare(const struct result *a, const struct result *b, bool anyway)
{
    const char *differs = judge_other_machine(a, b);

    if (!differs)
        return true;
    fprintf(stderr,
            "*** DIFFERENT MACHINES: %s was \"%s\", is \"%s\".\n"
            "*** Their figures say nothing about a change of the program.\n",
            differs, or_unknown(result_setting(a, differs)),
            or_unknown(result_setting(b, differs)));
    if (!anyway)
        fputs("*** Nothing is compared; --other-machine compares all the same.\n", stderr);
    return anyway;
}

static int compare(const struct result *a, const struct result *b)
{
    int worse;

    print_settings(a, b);
    worse = print_figures(a, b);
    printf("\n%d figures are worse: their runs do not overlap with those before, and the medians\n"
           "are more than %.0f %% apart (%.0f %% where there are fewer than %d runs).\n",
           worse, JUDGE_THRESHOLD * 100, JUDGE_THRESHOLD_ALONE * 100, JUDGE_RUNS);
    return worse ? WORSE : NOT_WORSE;
}

int main(int argc, char **argv)
{
    static struct result a, b;
    const bool anyway = argc == 4 && strcmp(argv[1], "--other-machine") == 0;
    int status = NOT_COMPARED;
    struct err err;

    if (argc != 3 && !anyway) {
        fputs("usage: compare [--other-machine] BEFORE.json AFTER.json\n", stderr);
        return NOT_COMPARED;
    }
    a.arena = b.arena = arena_new();
    err = result_load(&a, argv[argc - 2]);
    if (!err.code)
        err = result_load(&b, argv[argc - 1]);
    if (err.code)
        fprintf(stderr, "compare: %s\n", err.msg);
    else if (may_compare(&a, &b, anyway))
        status = compare(&a, &b);
    arena_free(a.arena);
    return status;
}
