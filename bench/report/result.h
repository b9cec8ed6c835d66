/* result.h - what a bench measured: figures with their runs, points for pictures, settings.
 *
 * Read from the lines that the measuring programs append to BENCH_OUT, one JSON object each:
 *
 *   {"name":"limits.sql_floor","unit":"sagas/s","better":"more","runs":[1012.0,1031.5]}
 *   {"name":"sagas.load","unit":"ms","points":[[50,3.1,6.5],[200,3.4,7.9]]}
 *   {"setting":"postgresql.fsync","value":"on"}
 *
 * or from a file that result_save() wrote. Runs of a figure that is named again are added
 * to it; points and settings that are named again are replaced. */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <stdio.h>

#include "err.h"
#include "stats.h"

enum better { BETTER_NEITHER, BETTER_MORE, BETTER_LESS };

struct figure {
    const char *name, *unit;
    enum better better;
    double *runs;
    size_t nruns;
    struct spread spread; /* of the runs */
};

struct points {
    const char *name, *unit;
    size_t width, n; /* n rows of 'width' numbers */
    double *values;
};

struct setting {
    const char *name, *value;
};

enum { RESULT_MAX = 1000 }; /* of each kind */

struct result {
    struct arena *arena; /* holds all of it */
    struct figure figures[RESULT_MAX];
    struct points points[RESULT_MAX];
    struct setting settings[RESULT_MAX];
    size_t nfigures, npoints, nsettings;
};

/* Errors are ERR_INVALID and name the line or the member. */
struct err result_read_line(struct result *r, const char *line, size_t len) MUST_CHECK;
struct err result_read_lines(struct result *r, FILE *from) MUST_CHECK;
struct err result_load(struct result *r, const char *path) MUST_CHECK;

/* One JSON object, a line for each thing in it, so that two files can be compared by eye. */
struct err result_save(const struct result *r, const char *path) MUST_CHECK;

/* NULL when there is none. */
const struct figure *result_figure(const struct result *r, const char *name);
const struct points *result_points(const struct result *r, const char *name);
const char *result_setting(const struct result *r, const char *name);

#endif
