/* figures.c - what was measured, as JSON lines and for people. */
#include "figures.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"

enum { MAX_FIGURES = 128, MAX_RUNS = 100, MAX_NAME = 80 };

static struct figure {
    char name[MAX_NAME];
    const char *unit;
    enum better better;
    double runs[MAX_RUNS];
    size_t n;
} figures[MAX_FIGURES];
static size_t nfigures;

static struct figure *figure_named(const char *name)
{
    size_t i = 0;

    while (i < nfigures && strcmp(figures[i].name, name) != 0)
        i++;
    if (i == MAX_FIGURES)
        abort();
    if (i == nfigures)
        snprintf(figures[nfigures++].name, MAX_NAME, "%s", name);
    return &figures[i];
}

void figure_add(enum better better, const char *unit, double value, const char *name_format, ...)
{
    const char *suffix = getenv("BENCH_SUFFIX");
    char name[MAX_NAME];
    struct figure *f;
    va_list ap;

    va_start(ap, name_format);
    vsnprintf(name, sizeof(name), name_format, ap);
    va_end(ap);
    strncat(name, suffix ? suffix : "", sizeof(name) - strlen(name) - 1);
    f = figure_named(name);
    f->unit = unit;
    f->better = better;
    if (f->n < MAX_RUNS)
        f->runs[f->n++] = value;
}

void figure_add_percentiles(const char *name, const struct histogram *h)
{
    static const struct {
        const char *name;
        double fraction;
    } percentiles[] = {
        {"p50",  0.5  },
        {"p99",  0.99 },
        {"p999", 0.999},
    };

    for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
        figure_add(LESS_IS_BETTER, "ms", (double)histogram_at(h, percentiles[i].fraction) / 1e6,
                   "%s.%s", name, percentiles[i].name);
}

/* --- telling ------------------------------------------------------------------ */

static FILE *out(void)
{
    const char *path = getenv("BENCH_OUT");
    FILE *f = path && *path ? fopen(path, "a") : NULL;

    if (path && *path && !f) {
        perror(path);
        exit(1);
    }
    return f;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void tell_people(const struct figure *f)
{
    double sorted[MAX_RUNS];

    memcpy(sorted, f->runs, sizeof(sorted));
    qsort(sorted, f->n, sizeof(sorted[0]), by_value);
    printf("  %-36s %12.*f %-10s", f->name, sorted[f->n / 2] < 100 ? 2 : 0, sorted[f->n / 2],
           f->unit);
    if (f->n > 1)
        printf("  (%.5g to %.5g, %zu runs)", sorted[0], sorted[f->n - 1], f->n);
    printf("\n");
    fflush(stdout);
}

static void tell_file(FILE *file, const struct figure *f)
{
    fprintf(file, "{\"name\":\"%s\",\"unit\":\"%s\",\"better\":\"%s\",\"runs\":[", f->name, f->unit,
            f->better == MORE_IS_BETTER ? "more" : "less");
    for (size_t i = 0; i < f->n; i++)
        fprintf(file, "%s%.6g", i ? "," : "", f->runs[i]);
    fprintf(file, "]}\n");
}

void figures_tell(void)
{
    FILE *file = out();

    for (size_t i = 0; i < nfigures; i++) {
        tell_people(&figures[i]);
        if (file)
            tell_file(file, &figures[i]);
    }
    if (file)
        fclose(file);
    memset(figures, 0, sizeof(figures));
    nfigures = 0;
}

void points_tell(const char *name, const char *unit, const double *points, size_t n, size_t width)
{
    const char *suffix = getenv("BENCH_SUFFIX");
    FILE *file = out();

    if (!file)
        return;
    fprintf(file, "{\"name\":\"%s%s\",\"unit\":\"%s\",\"points\":[", name, suffix ? suffix : "",
            unit);
    for (size_t i = 0; i < n * width; i++)
        fprintf(file, "%s%.6g%s",
                i % width ? ","
                : i       ? ",["
                          : "[",
                points[i], i % width == width - 1 ? "]" : "");
    fprintf(file, "]}\n");
    fclose(file);
}
