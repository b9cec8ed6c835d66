/* rng.h - splitmix64 (https://prng.di.unimi.it/splitmix64.c): a seed repeats a run. */
#ifndef CHAOS_RNG_H
#define CHAOS_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* low <= x < high */
static inline int64_t rng_between(struct rng *r, int64_t low, int64_t high)
{
    return high > low ? low + (int64_t)(rng_next(r) % (uint64_t)(high - low)) : low;
}

#endif
