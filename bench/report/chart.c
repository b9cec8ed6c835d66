/* chart.c - lays out a chart: title and legend above, axes left and below. */
#include "chart.h"

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"

enum {
    WIDTH = 720,
    HEIGHT = 440,
    LEFT = 78,
    RIGHT = 680,
    TOP = 84,
    BOTTOM = 380,
    TITLE_AT = 28,
    LEGEND_AT = 56,
    SWATCH = 28,    /* the line before a name */
    LETTER = 7,     /* about its width */
    MOST_DOTS = 20, /* a line of more points needs none */
    GAP = 24,
};

struct plot {
    FILE *to;
    struct scale x, y;
};

/* --- scales ---------------------------------------------------------------------------------- */

static size_t count_points(const struct chart *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->nseries; i++)
        n += c->series[i].n;
    return n;
}

static void choose_scales(struct arena *a, const struct chart *c, struct plot *p)
{
    const size_t n = count_points(c);
    double *x = arena_array(a, double, n), *y = arena_array(a, double, n);
    size_t at = 0;

    for (size_t i = 0; i < c->nseries; i++)
        for (size_t k = 0; k < c->series[i].n; k++) {
            x[at] = c->series[i].points[k].x;
            y[at++] = c->series[i].points[k].y;
        }
    p->x = scale_around(c->x.kind, x, n);
    p->y = scale_around(c->y.kind, y, n);
}

static struct svg_point place(const struct plot *p, struct svg_point value)
{
    return (struct svg_point){
        LEFT + scale_place(&p->x, value.x) * (RIGHT - LEFT),
        BOTTOM - scale_place(&p->y, value.y) * (BOTTOM - TOP),
    };
}

/* --- parts ----------------------------------------------------------------------------------- */

static void draw_x_axis(const struct plot *p, const char *label)
{
    struct tick ticks[SCALE_TICKS];
    const size_t n = scale_ticks(&p->x, ticks);

    for (size_t i = 0; i < n; i++) {
        const double x = place(p, (struct svg_point){ticks[i].value, p->y.least}).x;

        svg_line(p->to, "grid", (struct svg_point){x, TOP}, (struct svg_point){x, BOTTOM});
        svg_text(p->to, "text", SVG_MIDDLE, (struct svg_point){x, BOTTOM + 20}, ticks[i].label);
    }
    svg_line(p->to, "axis", (struct svg_point){LEFT, BOTTOM}, (struct svg_point){RIGHT, BOTTOM});
    svg_text(p->to, "text", SVG_MIDDLE, (struct svg_point){(LEFT + RIGHT) / 2.0, BOTTOM + 44},
             label);
}

static void draw_y_axis(const struct plot *p, const char *label)
{
    struct tick ticks[SCALE_TICKS];
    const size_t n = scale_ticks(&p->y, ticks);

    for (size_t i = 0; i < n; i++) {
        const double y = place(p, (struct svg_point){p->x.least, ticks[i].value}).y;

        svg_line(p->to, "grid", (struct svg_point){LEFT, y}, (struct svg_point){RIGHT, y});
        svg_text(p->to, "text", SVG_END, (struct svg_point){LEFT - 8, y + 4}, ticks[i].label);
    }
    svg_line(p->to, "axis", (struct svg_point){LEFT, TOP}, (struct svg_point){LEFT, BOTTOM});
    svg_text_upward(p->to, "text", (struct svg_point){20, (TOP + BOTTOM) / 2.0}, label);
}

static size_t letters(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += (*s & 0xC0) != 0x80; /* bytes that begin a character */
    return n;
}

/* In one row; a second one when the first is full. */
static void draw_legend(const struct plot *p, const struct chart *c)
{
    struct svg_point at = {LEFT, LEGEND_AT};

    for (size_t i = 0; i < c->nseries; i++) {
        const double width = SWATCH + 6 + (double)letters(c->series[i].name) * LETTER;

        if (at.x + width > RIGHT)
            at = (struct svg_point){LEFT, at.y + 18};
        svg_path(p->to, i,
                 (const struct svg_point[]){
                     {at.x,          at.y - 4},
                     {at.x + SWATCH, at.y - 4}
        },
                 2);
        svg_text(p->to, "text", SVG_START, (struct svg_point){at.x + SWATCH + 6, at.y},
                 c->series[i].name);
        at.x += width + GAP;
    }
}

static void draw_series(struct arena *a, const struct plot *p, const struct chart_series *s,
                        size_t number)
{
    struct svg_point *points = arena_array(a, struct svg_point, s->n);

    for (size_t i = 0; i < s->n; i++)
        points[i] = place(p, s->points[i]);
    svg_path(p->to, number, points, s->n);
    for (size_t i = 0; i < s->n && s->n <= MOST_DOTS; i++)
        svg_dot(p->to, number, points[i]);
}

struct err chart_draw(struct arena *a, const struct chart *c, const char *path)
{
    struct plot p = {.to = fopen(path, "we")};
    bool failed;

    if (!p.to)
        return err_new(a, ERR_UNAVAILABLE, "%s cannot be written", path);
    choose_scales(a, c, &p);
    svg_begin(p.to, WIDTH, HEIGHT, c->title);
    svg_text(p.to, "title", SVG_START, (struct svg_point){LEFT, TITLE_AT}, c->title);
    draw_x_axis(&p, c->x.label);
    draw_y_axis(&p, c->y.label);
    draw_legend(&p, c);
    for (size_t i = 0; i < c->nseries; i++)
        draw_series(a, &p, &c->series[i], i);
    svg_end(p.to);
    failed = ferror(p.to) != 0;
    failed = fclose(p.to) != 0 || failed;
    return failed ? err_new(a, ERR_UNAVAILABLE, "%s cannot be written", path) : OK;
}
