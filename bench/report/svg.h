/* svg.h - writes the few shapes that a chart needs as SVG 1.1.
 *
 * Colours are classes, so that a picture is readable on a light page and, by the
 * reader's prefers-color-scheme, on a dark one; it brings its own ground either way.
 * Classes: ground, grid, axis, text, title; series0 to series5 (lines), dot0 to dot5. */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

#include <stddef.h>
#include <stdio.h>

enum { SVG_SERIES = 6 };

enum svg_anchor { SVG_START, SVG_MIDDLE, SVG_END };

struct svg_point {
    double x, y;
};

/* 'title' is what a screen reader says. 'number' is that of a series; SVG_SERIES looks alike 0. */
void svg_begin(FILE *to, int width, int height, const char *title);
void svg_end(FILE *to);

void svg_line(FILE *to, const char *class, struct svg_point from, struct svg_point end);
void svg_dot(FILE *to, size_t number, struct svg_point at);
void svg_path(FILE *to, size_t number, const struct svg_point points[], size_t n);
void svg_text(FILE *to, const char *class, enum svg_anchor anchor, struct svg_point at,
              const char *text);
void svg_text_upward(FILE *to, const char *class, struct svg_point at, const char *text);

#endif
