/* judge.h - is a figure worse than it was, or is that noise?
 *
 * A change counts when two things are true:
 *   1. the runs of the two results do not overlap: each new run is on the same side of each
 *      old one. With three runs on both sides chance alone does that one time in ten;
 *   2. the medians differ by more than JUDGE_THRESHOLD, which chance and a busy machine
 *      seldom do at the same time.
 * With fewer than JUDGE_RUNS runs on either side there is no spread to speak of, and the
 * medians must differ by JUDGE_THRESHOLD_ALONE. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include "result.h"

#define JUDGE_THRESHOLD       0.10
#define JUDGE_THRESHOLD_ALONE 0.30
enum { JUDGE_RUNS = 3 };

enum change { CHANGE_NONE, CHANGE_BETTER, CHANGE_WORSE, CHANGE_NEITHER };

/* CHANGE_NEITHER: it changed, and neither way is the better one. */
enum change judge_change(const struct figure *before, const struct figure *after);

/* The setting, among those that make two machines two, that differs; NULL: the same machine. */
const char *judge_other_machine(const struct result *a, const struct result *b);

#endif
