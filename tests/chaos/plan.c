/* plan.c - which fault strikes when, and doing it. */
#include "plan.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "findings.h"

enum {
    FIRST_MS = 3000, /* the first orders go through a system that is well */
    GAP_MS = 400,    /* from one strike to the next: at least, and below */
    GAP_MAX_MS = 5000,
    CALM_MS = 2000, /* at the end */
    RETRY_MS = 300,
    HEAL_S = 90,
    MAX_DECK = 200,
};

/* --- drawing ------------------------------------------------------------------- */

static size_t shuffle(const struct fault *deck[MAX_DECK], const char *only, struct rng *rng)
{
    size_t n = 0;

    for (size_t i = 0; i < nfaults; i++)
        for (int k = 0; k < faults[i].weight && n < MAX_DECK; k++)
            if (strstr(faults[i].name, only) && fault_is_possible(&faults[i]))
                deck[n++] = &faults[i];
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)rng_between(rng, 0, (int64_t)i);
        const struct fault *card = deck[i - 1];

        deck[i - 1] = deck[k];
        deck[k] = card;
    }
    return n;
}

struct plan plan_new(struct rng *rng, int64_t run_ms, const char *only)
{
    const int64_t most = run_ms / GAP_MS + 1;
    struct plan p = {.strikes = calloc((size_t)most, sizeof(*p.strikes))};
    const struct fault *deck[MAX_DECK];
    size_t left = 0;

    for (int64_t at = FIRST_MS; at < run_ms - CALM_MS;) {
        struct strike *s;

        if (left == 0)
            left = shuffle(deck, only, rng);
        if (left == 0)
            break;
        s = &p.strikes[p.n++];
        s->fault = deck[--left];
        s->at_ms = at;
        s->for_ms = rng_between(rng, s->fault->min_ms, s->fault->max_ms + 1);
        if (at + s->for_ms > run_ms - CALM_MS)
            s->for_ms = run_ms - CALM_MS - at;
        at += rng_between(rng, GAP_MS, GAP_MAX_MS);
    }
    return p;
}

void plan_free(struct plan *p)
{
    free(p->strikes);
    *p = (struct plan){0};
}

/* --- doing --------------------------------------------------------------------- */

static void sleep_until(int64_t mono_ms)
{
    const int64_t ms = mono_ms - clock_mono_ms();

    if (ms > 0)
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void heal(struct strike *s)
{
    const int64_t deadline_ms = clock_mono_ms() + INT64_C(1000) * HEAL_S;

    while (!s->fault->heal(s->fault->how)) {
        if (clock_mono_ms() > deadline_ms) {
            finding("%s: could not be healed in %d s", s->fault->name, HEAL_S);
            break;
        }
        sleep_until(clock_mono_ms() + RETRY_MS);
    }
}

/* Healed even when it could not be done: half of it may have been. */
static void *strike(void *arg)
{
    struct strike *s = arg;

    s->struck_ms = clock_mono_ms();
    s->done = s->fault->inject(s->fault->what);
    if (s->fault->heal) {
        sleep_until(s->struck_ms + s->for_ms);
        heal(s);
    }
    s->healed_ms = clock_mono_ms();
    return NULL;
}

void plan_carry_out(struct plan *p, int64_t began_ms)
{
    pthread_t *threads = calloc(p->n, sizeof(*threads));

    for (size_t i = 0; i < p->n; i++) {
        struct strike *s = &p->strikes[i];

        sleep_until(began_ms + s->at_ms);
        printf("  %6.1f s  %s\n", (double)s->at_ms / 1000, s->fault->name);
        fflush(stdout);
        if (pthread_create(&threads[i], NULL, strike, s) != 0)
            abort();
    }
    for (size_t i = 0; i < p->n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}
