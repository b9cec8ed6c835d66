/* plan.h - which fault strikes when: drawn from the seed before the run begins. */
#ifndef CHAOS_PLAN_H
#define CHAOS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"
#include "rng.h"

struct strike {
    const struct fault *fault;
    int64_t at_ms, for_ms; /* planned, from the start of the run */
    /* what came of it, on the monotonic clock */
    int64_t struck_ms, healed_ms;
    bool done; /* false: it could not be done just then */
};

struct plan {
    struct strike *strikes;
    size_t n;
};

/* A shuffled deck of all faults, dealt from the top again and again until the run is over:
 * a long run meets each, and some of them twice as often. All heal before the end.
 * Only faults whose name holds 'only'. */
struct plan plan_new(struct rng *rng, int64_t run_ms, const char *only);
void plan_free(struct plan *p);

/* Strike and heal as planned, each fault in a thread of its own; returns at the end. */
void plan_carry_out(struct plan *p, int64_t began_ms);

#endif
