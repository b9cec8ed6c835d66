/* part_sagas.c - whole orders, from the request to the customer's mail. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"
#include "parts.h"
#include "saga.h"
#include "settings.h"

/* Over load are drawn: the rate, and what took that part of the orders no longer. */
enum { MAX_RATES = 16, MAX_TRIES = 20, DRAWN = 3, POINT = 1 + DRAWN };
static const double drawn[DRAWN] = {0.5, 0.99, 0.999};

void part_prepare(void)
{
    const double rate = 100, seconds = bench_seconds() < 5 ? 5 : 10;

    sagas_free(sagas_run(rate, 0, seconds));
}

/* --- at fixed rates ------------------------------------------------------------- */

static void show(const struct sagas *s)
{
    printf("    %6.0f a second: %4.0f over a second, %.2f s behind at the end, confirmed after"
           " %.1f and %.1f ms (p50, p99), generator late by %.2f ms (p99)\n",
           s->rate, s->completed, s->backlog, (double)histogram_at(&s->took[CONFIRMED], 0.5) / 1e6,
           (double)histogram_at(&s->took[CONFIRMED], 0.99) / 1e6,
           (double)histogram_at(&s->load->late, 0.99) / 1e6);
    fflush(stdout);
}

static void add_run(const struct sagas *s)
{
    char name[64];

    for (int m = 0; m < MOMENTS; m++) {
        snprintf(name, sizeof(name), "sagas.%.0f.%s", s->rate, moment_names[m]);
        figure_add_percentiles(name, &s->took[m]);
    }
    snprintf(name, sizeof(name), "sagas.%.0f.accepted", s->rate);
    figure_add_percentiles(name, &s->load->latency);
    figure_add(LESS_IS_BETTER, "s", s->backlog, "sagas.%.0f.backlog", s->rate);
    figure_add(LESS_IS_BETTER, "ms", (double)histogram_at(&s->load->late, 0.99) / 1e6,
               "generator.check.late.%.0f.p99", s->rate);
}

static void tell_distribution(const struct sagas *s)
{
    static const double fractions[] = {0.01,  0.05,  0.1,   0.2,    0.3,  0.4,  0.5,
                                       0.6,   0.7,   0.8,   0.9,    0.95, 0.98, 0.99,
                                       0.995, 0.998, 0.999, 0.9995, 1};
    enum { N = sizeof(fractions) / sizeof(fractions[0]) };
    double points[2 * N];
    char name[64];

    for (int m = 0; m < MOMENTS; m++) {
        for (size_t i = 0; i < N; i++) {
            points[2 * i] = (double)histogram_at(&s->took[m], fractions[i]) / 1e6;
            points[2 * i + 1] = fractions[i];
        }
        snprintf(name, sizeof(name), "sagas.%.0f.%s.distribution", s->rate, moment_names[m]);
        points_tell(name, "ms", points, N, 2);
    }
}

static void merge(struct sagas *into, const struct sagas *s)
{
    for (int m = 0; m < MOMENTS; m++) {
        for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
            into->took[m].counts[i] += s->took[m].counts[i];
        into->took[m].n += s->took[m].n;
        if (into->took[m].max < s->took[m].max)
            into->took[m].max = s->took[m].max;
    }
}

/* All runs at one rate; what they have in common goes into the pictures. A run in which
 * orders are refused has no figures, and a rate without any other run has no point. */
static bool measure_rate(double rate, double point[POINT])
{
    struct sagas *all = calloc(1, sizeof(*all));
    const struct histogram *took = &all->took[CONFIRMED];
    bool measured;

    for (size_t run = 0; run < bench_runs(); run++) {
        struct sagas *s = sagas_run(rate, bench_warm(), bench_seconds());

        show(s);
        if (s->clean) {
            add_run(s);
            merge(all, s);
        }
        sagas_free(s);
    }
    all->rate = rate;
    measured = took->n > 0;
    if (measured)
        tell_distribution(all);
    point[0] = rate;
    for (size_t i = 0; i < DRAWN; i++)
        point[1 + i] = (double)histogram_at(took, drawn[i]) / 1e6;
    sagas_free(all);
    return measured;
}

void part_sagas(void)
{
    double rates[MAX_RATES], points[POINT * MAX_RATES];
    const size_t n = bench_numbers("RATES", "50 200 500 1000", rates, MAX_RATES);
    size_t measured = 0;

    for (size_t i = 0; i < n; i++)
        measured += measure_rate(rates[i], &points[POINT * measured]);
    figures_tell();
    if (measured > 0)
        points_tell("sagas.load", "ms", points, measured, POINT);
}

/* --- the highest rate that is held ----------------------------------------------- */

static bool holds(double rate, double seconds)
{
    struct sagas *s = sagas_run(rate, 0, seconds);
    const bool held = sagas_held(s);

    show(s);
    sagas_free(s);
    return held;
}

/* Doubling until it is too much, then halving the gap until it is 1/16; 0: none is held
 * that is worth a look. */
static double search(void)
{
    const double seconds = fmax(bench_seconds() / 2, 1), fewest = 20;
    double low = 0, high = 100;

    while (holds(high, seconds)) {
        low = high;
        high *= 2;
    }
    while (high * seconds >= fewest && high - low > high / 16) {
        const double middle = (low + high) / 2;

        if (holds(middle, seconds))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void add_sustained(const struct sagas *s)
{
    figure_add(MORE_IS_BETTER, "sagas/s", s->completed, "sagas.sustained");
    figure_add_percentiles("sagas.sustained.confirmed", &s->took[CONFIRMED]);
}

/* What was found in short runs must be held for SUSTAINED_S seconds. Of one stall in a long run
 * (a checkpoint, a neighbour of this machine) the rate is innocent, so it is tried again; then
 * less is, half the way to what was done and a step of the search at least. What is done under
 * too much is less than what can be held: who sends orders takes the processors, too. */
void part_sustained(void)
{
    double rate = search(), seconds, done = 0;
    bool failed = false;
    size_t runs = 0;

    bench_numbers("SUSTAINED_S", "30", &seconds, 1);
    for (int tries = 0; rate > 0 && runs < bench_runs() && tries < MAX_TRIES; tries++) {
        struct sagas *s = sagas_run(rate, 0, seconds);

        show(s);
        if (sagas_held(s)) {
            add_sustained(s);
            runs++;
            failed = false;
        } else if (failed) {
            rate = fmin(rate * 15 / 16, (rate + fmax(done, s->completed)) / 2);
            failed = false;
        } else {
            done = s->completed;
            failed = true;
        }
        sagas_free(s);
    }
    if (runs == 0)
        fprintf(stderr, "bench: no rate was sustained\n");
    figures_tell();
}
