/* main.c - make chaos [SEED=] [MINUTES=] [RATE=] [FAULTS=]: a long run with a report. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "chaos.h"
#include "clock.h"

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *value = getenv(name);
    char *end;
    int64_t n;

    if (!value || !*value)
        return otherwise;
    n = strtoll(value, &end, 10);
    if (*end || n < 1) {
        fprintf(stderr, "%s=%s: a number of at least 1 is due\n", name, value);
        exit(2);
    }
    return n;
}

int main(void)
{
    const int64_t seed = setting("SEED", clock_now_ms() / 1000);
    const char *folder = getenv("REPORTS"), *only = getenv("FAULTS");
    const int64_t run_ms = setting("MINUTES", 1) * 60000;
    char report[256];

    snprintf(report, sizeof(report), "%s/report-%" PRId64 ".md", folder ? folder : ".", seed);
    return chaos_run(&(struct chaos){
               .seed = (uint64_t)seed,
               .run_ms = run_ms,
               .alone_ms = run_ms / 2,
               .gap_ms = 5000,
               .deadline_s = (int)setting("ORDER_SAGA_DEADLINE_S", 25),
               .rate = (int)setting("RATE", 25),
               .only = only ? only : "",
               .at_least = 1,
               .report = report,
           })
               ? 0
               : 1;
}
