/* plan.h - which fault strikes when. */
#ifndef CHAOS_PLAN_H
#define CHAOS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos.h"
#include "faults.h"
#include "rng.h"

struct strike {
    const struct fault *fault;
    const char *name, *what;
    int64_t at_ms, for_ms; /* as planned, from the start */
    /* as it was, on the monotonic clock */
    int64_t struck_ms, healed_ms;
    int64_t quiet_ms; /* 0: not looked, or not to be waited for */
    bool done, alone;
};

struct plan {
    struct strike *strikes;
    size_t n;
};

/* Two parts. First faults strike alone: each when what was under way during the one before
 * is over. From 'alone_ms' on they overlap. A shuffled deck of all faults is dealt in each,
 * from the top again and again: a long run meets each, and some of them more often. All heal
 * before the end. */
struct plan plan_new(struct rng *rng, const struct chaos *c);
void plan_free(struct plan *p);

/* Strike and heal as planned; returns at the end. What there was no time for is left out. */
void plan_carry_out(struct plan *p, int64_t began_ms, int64_t alone_ms);

#endif
