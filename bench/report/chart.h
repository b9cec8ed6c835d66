/* chart.h - lines over two labelled axes, with a legend, as an SVG file. */
#ifndef BENCH_CHART_H
#define BENCH_CHART_H

#include <stddef.h>

#include "err.h"
#include "scale.h"
#include "svg.h"

struct chart_axis {
    const char *label;
    enum scale_kind kind;
};

struct chart_series {
    const char *name;
    const struct svg_point *points; /* in the units of the axes, from left to right */
    size_t n;
};

struct chart {
    const char *title;
    struct chart_axis x, y;
    struct chart_series series[SVG_SERIES];
    size_t nseries;
};

struct err chart_draw(struct arena *a, const struct chart *c, const char *path) MUST_CHECK;

#endif
