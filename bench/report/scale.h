/* scale.h - the axis of a chart: where a value stands, and which values are named. */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include <stddef.h>

enum scale_kind {
    SCALE_LINEAR,
    SCALE_LOG,   /* values above 0 */
    SCALE_NINES, /* fractions below 1: as far from 90 % to 99 % as from 99 % to 99.9 % */
};

struct scale {
    enum scale_kind kind;
    double least, most; /* the values at its ends */
};

enum { SCALE_TICKS = 24, SCALE_LABEL = 24 };

struct tick {
    double value;
    char label[SCALE_LABEL];
};

/* A scale with round ends that holds all the values, those that it cannot show left out;
 * of none, or of equal ones, it is still a scale. */
struct scale scale_around(enum scale_kind kind, const double values[], size_t n);

double scale_place(const struct scale *s, double value); /* 0 to 1 */
size_t scale_ticks(const struct scale *s, struct tick out[SCALE_TICKS]);

#endif
