/* scale.c - linear, logarithmic, and counted in nines. */
#include "scale.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { STEPS = 6, MOST_NINES = 5 };

static bool shows(enum scale_kind kind, double value)
{
    switch (kind) {
    case SCALE_LOG: return value > 0 && isfinite(value);
    case SCALE_NINES: return value >= 0 && value < 1;
    default: return isfinite(value);
    }
}

/* 1, 2 or 5 times a power of ten: the first that is no smaller. */
static double round_step(double rough)
{
    const double power = pow(10, floor(log10(rough)));
    const double times = rough / power;

    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static double linear_step(const struct scale *s)
{
    return round_step((s->most - s->least) / STEPS);
}

/* --- the ends ----------------------------------------------------------------------------- */

static struct scale linear_ends(double most)
{
    struct scale s = {SCALE_LINEAR, 0, most > 0 ? most : 1};
    const double step = linear_step(&s);

    s.most = ceil(s.most / step) * step;
    return s;
}

/* The next of 1, 2, 5, 10, 20... below and above. */
static struct scale log_ends(double least, double most)
{
    const double down = round_step(least), power = pow(10, floor(log10(down) + 1e-9));
    const double first = down > least * 1.0001 ? (down / power > 4 ? 2 * power : down / 2) : down;

    return (struct scale){SCALE_LOG, first, round_step(fmax(most, first * 1.5))};
}

static struct scale nines_ends(double most)
{
    const double nines = fmin(fmax(ceil(-log10(1 - most)), 1), MOST_NINES);

    return (struct scale){SCALE_NINES, 0, 1 - pow(10, -nines)};
}

struct scale scale_around(enum scale_kind kind, const double values[], size_t n)
{
    double least = INFINITY, most = -INFINITY;

    for (size_t i = 0; i < n; i++) {
        if (!shows(kind, values[i]))
            continue;
        least = fmin(least, values[i]);
        most = fmax(most, values[i]);
    }
    if (least > most)
        least = most = kind == SCALE_NINES ? 0 : 1;
    if (kind == SCALE_LOG)
        return log_ends(least, most);
    return kind == SCALE_NINES ? nines_ends(most) : linear_ends(most);
}

/* --- places and ticks ----------------------------------------------------------------------- */

static double stretch(enum scale_kind kind, double value)
{
    switch (kind) {
    case SCALE_LOG: return log10(value);
    case SCALE_NINES: return -log10(1 - value);
    default: return value;
    }
}

double scale_place(const struct scale *s, double value)
{
    const double least = stretch(s->kind, s->least), most = stretch(s->kind, s->most);
    double place;

    if (!shows(s->kind, value))
        return value < s->most ? 0 : 1;
    place = (stretch(s->kind, value) - least) / (most - least);
    return fmin(fmax(place, 0), 1);
}

static void name_tick(struct tick *t, double value)
{
    const double size = fabs(value);

    t->value = value;
    if (size >= 1e6)
        snprintf(t->label, SCALE_LABEL, "%gM", value / 1e6);
    else if (size >= 1e4)
        snprintf(t->label, SCALE_LABEL, "%gk", value / 1e3);
    else
        snprintf(t->label, SCALE_LABEL, "%g", value);
}

static size_t linear_ticks(const struct scale *s, struct tick out[])
{
    const double step = linear_step(s);
    size_t n = 0;

    for (int i = 0; n < SCALE_TICKS && s->least + i * step <= s->most * 1.0001; i++)
        name_tick(&out[n++], s->least + i * step);
    return n;
}

static size_t log_ticks(const struct scale *s, struct tick out[])
{
    static const double times[] = {1, 2, 5};
    const bool all = log10(s->most / s->least) < 4;
    const int first = (int)floor(log10(s->least) + 1e-9);
    size_t n = 0;

    for (int i = 0; i < 3 * SCALE_TICKS && n < SCALE_TICKS; i++) {
        const int decade = first + i / 3;
        const double value = times[i % 3] * pow(10, decade);

        if (value > s->most * 1.001)
            break;
        if (value >= s->least * 0.999 && (all || i % 3 == 0))
            name_tick(&out[n++], value);
    }
    return n;
}

static size_t nines_ticks(const struct scale *s, struct tick out[])
{
    static const struct tick ticks[] = {
        {0,       "0 %"     },
        {0.5,     "50 %"    },
        {0.9,     "90 %"    },
        {0.99,    "99 %"    },
        {0.999,   "99.9 %"  },
        {0.9999,  "99.99 %" },
        {0.99999, "99.999 %"},
    };
    size_t n = 0;

    for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++)
        if (ticks[i].value <= s->most + 1e-9)
            out[n++] = ticks[i];
    return n;
}

size_t scale_ticks(const struct scale *s, struct tick out[SCALE_TICKS])
{
    switch (s->kind) {
    case SCALE_LOG: return log_ticks(s, out);
    case SCALE_NINES: return nines_ticks(s, out);
    default: return linear_ticks(s, out);
    }
}
