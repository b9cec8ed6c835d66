/* stats.h - what a handful of runs says: pure functions over doubles. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>

struct spread {
    double median, least, most;
    size_t n; /* 0: nothing was measured, the rest is 0 */
};

struct spread spread_of(const double runs[], size_t n);

/* Half of what lies between the least and the most, as a part of the median: 0.03 is printed
 * as ±3 %. 0 when there is one run, or the median is 0. */
double spread_part(const struct spread *s);

/* Do the two, from least to most, share a value? */
bool spread_overlaps(const struct spread *a, const struct spread *b);

#endif
