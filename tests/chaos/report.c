/* report.c - what happened in a run, as Markdown. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "findings.h"
#include "purchase.h"

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static void write_states(FILE *f)
{
    static const char *const states[] = {"SHIPPED", "CANCELLED"};

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        fprintf(f, "| orders %s | %" PRId64 " |\n", states[i],
                sql_int_of("order", "SELECT count(*) FROM orders WHERE status = $1", states[i]));
}

static void write_summary(FILE *f, const struct run *run)
{
    size_t struck = 0, alone = 0;

    for (size_t i = 0; i < run->plan.n; i++) {
        struck += run->plan.strikes[i].done;
        alone += run->plan.strikes[i].done && run->plan.strikes[i].alone;
    }
    fprintf(f, "Verdict: %s\n\n", findings() ? "**violated**" : "the books balance");
    fprintf(f, "| | |\n|---|---|\n");
    fprintf(f, "| seed | %" PRIu64 " |\n", run->chaos->seed);
    fprintf(f, "| load | %zu orders, %d a second, for %.0f s |\n", load_orders(run->load),
            run->chaos->rate, seconds(run->chaos->run_ms));
    fprintf(f, "| faults | %zu: %zu alone, %zu overlapping |\n", struck, alone, struck - alone);
    fprintf(f, "| orders without an answer until all was mended | %zu |\n",
            load_unclear(run->load));
    fprintf(f, "| healthy after the last was mended | %.1f s |\n",
            seconds(run->healthy_ms - run->healed_ms));
    fprintf(f, "| quiet after that | %.1f s |\n", seconds(run->quiet_ms - run->healthy_ms));
    write_states(f);
}

static void write_findings(FILE *f)
{
    if (findings() > 0)
        fprintf(f, "\n## Violations: %zu\n\n", findings());
    for (size_t i = 0; i < findings() && i < FINDINGS_KEPT; i++)
        fprintf(f, "- %s\n", finding_at(i));
}

static void write_answers(FILE *f)
{
    fprintf(f, "\n## Answers\n\n| request | status | times |\n|---|---|---|\n");
    for (int r = 0; purchase_requests[r]; r++)
        for (int status = 0; status < PURCHASE_STATUSES; status++)
            if (purchase_answers(r, status) > 0)
                fprintf(f, "| %s | %.*d%s | %" PRId64 " |\n", purchase_requests[r], status ? 3 : 0,
                        status, status ? "" : "none", purchase_answers(r, status));
}

/* --- time to quiet, by kind of fault ---------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* One row: of the faults of this kind that struck alone. */
static void write_kind(FILE *f, const struct plan *plan, const char *kind)
{
    int64_t *times = calloc(plan->n + 1, sizeof(*times));
    size_t n = 0, never = 0;

    for (size_t i = 0; i < plan->n; i++) {
        const struct strike *s = &plan->strikes[i];

        if (!s->alone || !s->done || strcmp(s->fault->kind, kind) != 0)
            continue;
        if (s->quiet_ms)
            times[n++] = s->quiet_ms - s->healed_ms;
        else
            never++;
    }
    qsort(times, n, sizeof(*times), by_size);
    if (n > 0)
        fprintf(f, "| %s | %zu | %.1f | %.1f | %.1f |\n", kind, n, seconds(times[0]),
                seconds((times[(n - 1) / 2] + times[n / 2]) / 2), seconds(times[n - 1]));
    if (never > 0)
        fprintf(f, "| %s, not quiet before the next | %zu | | | |\n", kind, never);
    free(times);
}

static void write_quiet(FILE *f, const struct plan *plan)
{
    fprintf(f, "\n## Time to quiet\n\nFrom healing to the end of all that was under way then, of "
               "faults that struck alone, in seconds.\n\n"
               "| fault | times | least | median | most |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < nfaults; i++)
        if (i == 0 || strcmp(faults[i].kind, faults[i - 1].kind) != 0)
            write_kind(f, plan, faults[i].kind);
}

/* --- each fault --------------------------------------------------------------------- */

static void write_time(FILE *f, int64_t from_ms, int64_t to_ms)
{
    if (to_ms > 0)
        fprintf(f, " %.1f |", seconds(to_ms - from_ms));
    else
        fprintf(f, " – |");
}

/* "Orders again": from healing to the next order that was accepted. */
static void write_fault(FILE *f, const struct run *run, const struct strike *s)
{
    fprintf(f, "| %.1f | %.1f | %s%s%s |", seconds(s->struck_ms - run->began_ms),
            seconds(s->healed_ms - s->struck_ms), s->alone ? "alone: " : "", s->name,
            s->done ? "" : " (not possible then)");
    write_time(f, s->healed_ms, load_first_accepted_after(run->load, s->healed_ms));
    write_time(f, s->healed_ms, s->quiet_ms);
    fputc('\n', f);
}

static void write_faults(FILE *f, const struct run *run)
{
    fprintf(f, "\n## Faults\n\n| at, s | for, s | fault | orders again, s | quiet, s |\n"
               "|---|---|---|---|---|\n");
    for (size_t i = 0; i < run->plan.n; i++)
        if (run->plan.strikes[i].struck_ms)
            write_fault(f, run, &run->plan.strikes[i]);
}

/* What this stack and this machine do not allow. */
static void write_impossible(FILE *f)
{
    const char *last = NULL;

    for (size_t i = 0; i < nfaults; i++) {
        const char *why = fault_impossible(&faults[i]);

        if (why && why != last)
            fprintf(f, "\nNot tried here: %s (%s).\n", faults[i].kind, why);
        last = why;
    }
}

void report(const struct run *run)
{
    FILE *f = fopen(run->chaos->report, "w");

    write_summary(stdout, run);
    write_impossible(stdout);
    write_quiet(stdout, &run->plan);
    write_answers(stdout);
    if (!f) {
        finding("cannot write %s", run->chaos->report);
        return;
    }
    fprintf(f, "# Chaos, seed %" PRIu64 "\n\n", run->chaos->seed);
    write_summary(f, run);
    write_findings(f);
    write_impossible(f);
    write_quiet(f, &run->plan);
    write_answers(f);
    write_faults(f, run);
    fclose(f);
    printf("\nreport: %s\n", run->chaos->report);
}
