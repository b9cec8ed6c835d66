/* histogram.c - durations in buckets. */
#include "histogram.h"

#include <math.h>

static const int64_t longest = (INT64_C(1) << HISTOGRAM_MAX_BITS) - 1;

/* The power of two says how many of the lowest bits are of no account. */
static int bucket_of(int64_t ns)
{
    const int bits = 64 - __builtin_clzll((uint64_t)ns | 1);
    const int dropped = bits > HISTOGRAM_BITS + 1 ? bits - HISTOGRAM_BITS - 1 : 0;

    return (dropped << HISTOGRAM_BITS) + (int)(ns >> dropped);
}

static int64_t largest_in(int bucket)
{
    const int power = bucket >> HISTOGRAM_BITS;
    const int dropped = power > 1 ? power - 1 : 0;
    const int64_t kept = bucket - ((int64_t)dropped << HISTOGRAM_BITS);

    return ((kept + 1) << dropped) - 1;
}

void histogram_add(struct histogram *h, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    h->counts[bucket_of(ns < longest ? ns : longest)]++;
    h->n++;
    if (ns > h->max)
        h->max = ns;
}

int64_t histogram_at(const struct histogram *h, double fraction)
{
    const uint64_t wanted = (uint64_t)ceil(fraction * (double)h->n);
    uint64_t seen = 0;

    for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->counts[i];
        if (h->counts[i] > 0 && seen >= wanted)
            return largest_in(i) < h->max ? largest_in(i) : h->max;
    }
    return h->max;
}
