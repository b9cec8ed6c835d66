/* goals.h - what each figure is held against: its limit, measured in the same run, and the
 * goal set for it. Both are tables in goals.c. */
#ifndef BENCH_GOALS_H
#define BENCH_GOALS_H

#include "result.h"

/* The figure's median over its limit's; 0 when it has no limit, or that was not measured. */
double goal_of_limit(const struct result *r, const struct figure *f);

enum verdict { NO_GOAL, GOAL_MET, GOAL_MISSED, GOAL_UNKNOWN };

/* How the figure stands to its goal. UNKNOWN: what the goal is measured by is not there. */
struct judgement {
    enum verdict verdict;
    const char *goal; /* "at least 1.5 x its limit", from the arena of 'r'; NULL: none */
};

struct judgement goal_judge(const struct result *r, const struct figure *f);

/* The figure that a variant is a variant of: of "reads.order.direct.1m" it is
 * "reads.order.direct". NULL: it is no variant, or the other was not measured. */
const struct figure *goal_base(const struct result *r, const struct figure *f);

/* The patterns of figures that have a goal, for those that were not measured: the i-th
 * pattern that no figure of 'r' matches, or NULL. */
const char *goal_unmeasured(const struct result *r, size_t i);

#endif
