/* report.c - what happened in a run, as Markdown. */
#include "report.h"

#include <inttypes.h>
#include <stdio.h>

#include "books.h"
#include "findings.h"

static double seconds(int64_t ms)
{
    return (double)ms / 1000;
}

static void write_summary(FILE *f, const struct run *run)
{
    static const char *const states[] = {"SHIPPED", "CANCELLED"};
    size_t struck = 0;

    for (size_t i = 0; i < run->plan.n; i++)
        struck += run->plan.strikes[i].done;
    fprintf(f, "Verdict: %s\n\n", findings() ? "**violated**" : "the books balance");
    fprintf(f, "| | |\n|---|---|\n");
    fprintf(f, "| seed | %" PRIu64 " |\n", run->chaos->seed);
    fprintf(f, "| load | %zu orders, %d a second, for %.0f s |\n", load_orders(run->load),
            run->chaos->rate, seconds(run->chaos->run_ms));
    fprintf(f, "| faults | %zu of %zu planned |\n", struck, run->plan.n);
    fprintf(f, "| orders without an answer until all was mended | %zu |\n",
            load_unclear(run->load));
    fprintf(f, "| healthy after the last was mended | %.1f s |\n",
            seconds(run->healthy_ms - run->healed_ms));
    fprintf(f, "| quiet after that | %.1f s |\n", seconds(run->quiet_ms - run->healthy_ms));
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
        fprintf(f, "| orders %s | %" PRId64 " |\n", states[i],
                sql_int_of("order", "SELECT count(*) FROM orders WHERE status = $1", states[i]));
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
    for (size_t r = 0; load_requests[r]; r++)
        for (int status = 0; status < LOAD_STATUSES; status++)
            if (load_answers(r, status) > 0)
                fprintf(f, "| %s | %.*d%s | %" PRId64 " |\n", load_requests[r], status ? 3 : 0,
                        status, status ? "" : "none", load_answers(r, status));
}

/* "Orders again": from healing to the next order that was accepted. */
static void write_faults(FILE *f, const struct run *run)
{
    fprintf(f, "\n## Faults\n\n| at, s | for, s | fault | orders again, s |\n|---|---|---|---|\n");
    for (size_t i = 0; i < run->plan.n; i++) {
        const struct strike *s = &run->plan.strikes[i];
        const int64_t next = load_first_accepted_after(run->load, s->healed_ms);

        fprintf(f, "| %.1f | %.1f | %s%s | ", seconds(s->struck_ms - run->began_ms),
                seconds(s->healed_ms - s->struck_ms), s->fault->name,
                s->done ? "" : " (not possible then)");
        if (next >= 0)
            fprintf(f, "%.1f |\n", seconds(next - s->healed_ms));
        else
            fprintf(f, "– |\n");
    }
}

void report(const struct run *run)
{
    FILE *f = fopen(run->chaos->report, "w");

    write_summary(stdout, run);
    write_answers(stdout);
    if (!f) {
        finding("cannot write %s", run->chaos->report);
        return;
    }
    fprintf(f, "# Chaos, seed %" PRIu64 "\n\n", run->chaos->seed);
    write_summary(f, run);
    write_findings(f);
    write_answers(f);
    write_faults(f, run);
    fclose(f);
    printf("\nreport: %s\n", run->chaos->report);
}
