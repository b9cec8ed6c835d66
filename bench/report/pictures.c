/* pictures.c - which figures are drawn, and over what. */
#include "pictures.h"

#include <string.h>

#include "arena.h"
#include "chart.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void add_series(struct chart *c, const char *name, const struct svg_point points[], size_t n)
{
    if (c->nseries < SVG_SERIES && n > 0)
        c->series[c->nseries++] = (struct chart_series){name, points, n};
}

static struct err draw(const struct result *r, const struct chart *c, const char *base,
                       const char *what)
{
    if (c->nseries == 0)
        return OK;
    return chart_draw(r->arena, c, arena_printf(r->arena, "%s-%s.svg", base, what));
}

/* --- latency over load --------------------------------------------------------------------- */

/* Rows of a rate and then a latency for each of these. */
static const char *const percentiles[] = {"p50", "p99", "p99.9"};

static struct err draw_load(const struct result *r, const char *base)
{
    const struct points *p = result_points(r, "sagas.load");
    struct chart c = {
        .title = "Time from POST to CONFIRMED over load",
        .x = {"orders a second, offered", SCALE_LINEAR},
        .y = {"milliseconds",             SCALE_LOG   },
    };

    for (size_t column = 1; p && column < p->width && column <= COUNT(percentiles); column++) {
        struct svg_point *points = arena_array(r->arena, struct svg_point, p->n);

        for (size_t i = 0; i < p->n; i++)
            points[i] =
                (struct svg_point){p->values[i * p->width], p->values[i * p->width + column]};
        add_series(&c, percentiles[column - 1], points, p->n);
    }
    return draw(r, &c, base, "load");
}

/* --- throughput over orders stored ---------------------------------------------------------- */

/* What is measured with 10,000 orders stored and, as <name>.1m, with a million. */
static const struct {
    const char *name, *label;
} grown[] = {
    {"reads.order.direct",   "GET /orders/{id}, direct" },
    {"reads.order.gateway",  "GET /orders/{id}, gateway"},
    {"writes.order.direct",  "POST /orders, direct"     },
    {"writes.order.gateway", "POST /orders, gateway"    },
    {"sagas.sustained",      "sagas, sustained"         },
};

static struct err draw_stored(const struct result *r, const char *base)
{
    struct chart c = {
        .title = "Throughput over orders stored",
        .x = {"finished orders stored", SCALE_LOG},
        .y = {"a second",               SCALE_LOG},
    };

    for (size_t i = 0; i < COUNT(grown); i++) {
        const struct figure *few = result_figure(r, grown[i].name);
        const struct figure *many =
            result_figure(r, arena_printf(r->arena, "%s.1m", grown[i].name));
        struct svg_point *points = arena_array(r->arena, struct svg_point, 2);

        if (!few || !many)
            continue;
        points[0] = (struct svg_point){1e4, few->spread.median};
        points[1] = (struct svg_point){1e6, many->spread.median};
        add_series(&c, grown[i].label, points, 2);
    }
    return draw(r, &c, base, "stored");
}

/* --- the distribution of latencies ----------------------------------------------------------- */

/* "sagas.200.confirmed.distribution" -> "200 orders a second", when 'end' is ".confirmed";
 * NULL: it is no such thing. */
static const char *distribution_label(const struct result *r, const char *name, const char *end)
{
    static const char head[] = "sagas.";
    const char *rate = name + sizeof(head) - 1;
    const size_t digits =
        strncmp(name, head, sizeof(head) - 1) == 0 ? strspn(rate, "0123456789") : 0;
    const char *tail = arena_printf(r->arena, "%s.distribution", end);

    if (digits == 0 || strcmp(rate + digits, tail) != 0)
        return NULL;
    return arena_printf(r->arena, "%.*s orders a second", (int)digits, rate);
}

/* Rows of milliseconds and the part of the orders that took no longer. */
static void add_distribution(const struct result *r, const struct points *p, const char *label,
                             struct chart *c)
{
    struct svg_point *points = arena_array(r->arena, struct svg_point, p->n);
    size_t n = 0;

    for (size_t k = 0; k < p->n; k++)
        if (p->values[2 * k + 1] < 1) /* the slowest of all has no place on such an axis */
            points[n++] = (struct svg_point){p->values[2 * k + 1], p->values[2 * k]};
    add_series(c, label, points, n);
}

static struct err draw_latency(const struct result *r, const char *base, const char *what,
                               const char *title)
{
    struct chart c = {
        .title = title,
        .x = {"orders that take no longer", SCALE_NINES},
        .y = {"milliseconds",               SCALE_LOG  },
    };
    const char *end = arena_printf(r->arena, ".%s", what);

    for (size_t i = 0; i < r->npoints; i++) {
        const char *label = distribution_label(r, r->points[i].name, end);

        if (label && r->points[i].width == 2)
            add_distribution(r, &r->points[i], label, &c);
    }
    return draw(r, &c, base, what);
}

struct err pictures_draw(const struct result *r, const char *base)
{
    struct err err = draw_load(r, base);

    if (!err.code)
        err = draw_stored(r, base);
    if (!err.code)
        err = draw_latency(r, base, "confirmed", "Time from POST to CONFIRMED, all orders");
    if (!err.code)
        err = draw_latency(r, base, "shipped", "Time from POST to SHIPPED, all orders");
    return err;
}
