/* report.h - what happened in a run, for people. */
#ifndef CHAOS_REPORT_H
#define CHAOS_REPORT_H

#include <stdint.h>

#include "chaos.h"
#include "load.h"
#include "plan.h"

struct run {
    const struct chaos *chaos;
    struct plan plan;
    struct load *load;
    /* on the monotonic clock */
    int64_t began_ms, healed_ms, healthy_ms, quiet_ms;
};

/* The whole to the run's file, its end to stdout. */
void report(const struct run *run);

#endif
