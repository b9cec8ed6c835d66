/* figures.h - what was measured, for people and for bench/report: a line of JSON each.
 *
 * {"name":"limits.mhd","unit":"answers/s","better":"more","runs":[118021,117200,118430]}
 * {"name":"sagas.200.confirmed.distribution","unit":"ms","points":[[3.1,0.5],[7.2,0.99]]}
 *
 * Lines are appended to the file that BENCH_OUT names, and names end in BENCH_SUFFIX
 * (".1m", ".x2"), when these are set. On standard output people see the same. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stddef.h>
#include <stdint.h>

enum better { LESS_IS_BETTER, MORE_IS_BETTER };

/* One run's value of a figure; runs of the same name are told together. */
void figure_add(enum better better, const char *unit, double value, const char *name_format, ...)
    __attribute__((format(printf, 4, 5)));

/* "<name>.p50", ".p99" and ".p999" of a run, in milliseconds. */
struct histogram;
void figure_add_percentiles(const char *name, const struct histogram *h);

/* Tell all figures added so far, and forget them. */
void figures_tell(void);

/* A picture's points at once, 'width' numbers each. */
void points_tell(const char *name, const char *unit, const double *points, size_t n, size_t width);

#endif
