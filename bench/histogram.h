/* histogram.h - durations in buckets that are narrow for short ones and wide for long ones.
 *
 * Each power of two is cut into 128 buckets, so what histogram_at() says is at most 1/128
 * (0.8 %) too much, and never too little; below 256 ns it is exact. What takes longer
 * than 73 minutes counts as that. The memory, 38 KB, does not depend on how many there are. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 7,
    HISTOGRAM_MAX_BITS = 42, /* of a duration */
    HISTOGRAM_BUCKETS = (HISTOGRAM_MAX_BITS - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t n;
    int64_t max; /* exact */
};

void histogram_add(struct histogram *h, int64_t ns); /* less than nothing counts as nothing */

/* That so many of all (0.99) took no longer than; 0 when there are none. */
int64_t histogram_at(const struct histogram *h, double fraction);

#endif
