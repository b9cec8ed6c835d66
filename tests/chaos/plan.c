/* plan.c - which fault strikes when, and doing it. */
#include "plan.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "findings.h"
#include "quiet.h"
#include "wires.h"
#include "world.h"

enum {
    FIRST_MS = 3000, /* the first orders go through a system that is well */
    GAP_MS = 400,    /* from one strike to the next, at least */
    LATE_MS = 5000,  /* then it is left out */
    CALM_MS = 2000,  /* at the end, and between two that strike alone */
    RETRY_MS = 300,
    LOOK_MS = 100,
    HEAL_S = 90,
    QUIET_S = 90, /* then the next strikes anyway */
    MAX_DECK = 400,
};

/* --- drawing ------------------------------------------------------------------- */

struct card {
    const struct fault *fault;
    const char *name, *what;
};

struct deck {
    struct card cards[MAX_DECK];
    size_t n;
    const char *only;
    bool alone; /* each fault once */
};

/* Does it hold one of the words? "" is in every name. */
static bool holds_one_of(const char *name, const char *words)
{
    for (;; words++) {
        const size_t len = strcspn(words, "|");

        if (memmem(name, strlen(name), words, len))
            return true;
        words += len;
        if (!*words)
            return false;
    }
}

static void add(struct deck *d, const struct fault *f, const char *name, const char *what)
{
    if (d->n < MAX_DECK && holds_one_of(name, d->only))
        d->cards[d->n++] = (struct card){f, name, what};
}

/* As many wires as the fault weighs, and no wire twice. */
static void add_wires(struct deck *d, const struct fault *f, int weight, struct rng *rng)
{
    const size_t before = d->n;
    size_t wires = 0, first;

    while (wire_name(wires))
        wires++;
    first = (size_t)rng_between(rng, 0, (int64_t)wires);
    for (size_t i = 0; i < wires && d->n < before + (size_t)weight; i++) {
        const char *wire = wire_name((first + i) % wires);

        add(d, f, text("%s: %s", wire, f->name), wire);
    }
}

static void fill(struct deck *d, struct rng *rng)
{
    d->n = 0;
    for (size_t i = 0; i < nfaults; i++) {
        const struct fault *f = &faults[i];
        const int weight = d->alone ? 1 : f->weight;

        if (fault_impossible(f))
            continue;
        if (!f->what)
            add_wires(d, f, weight, rng);
        for (int k = 0; f->what && k < weight; k++)
            add(d, f, f->name, f->what);
    }
}

static void shuffle(struct deck *d, struct rng *rng)
{
    fill(d, rng);
    for (size_t i = d->n; i > 1; i--) {
        const size_t k = (size_t)rng_between(rng, 0, (int64_t)i);
        const struct card card = d->cards[i - 1];

        d->cards[i - 1] = d->cards[k];
        d->cards[k] = card;
    }
}

static struct strike deal(struct deck *d, struct rng *rng)
{
    const struct card card = d->cards[--d->n];

    return (struct strike){
        .fault = card.fault,
        .name = card.name,
        .what = card.what,
        .for_ms = rng_between(rng, card.fault->min_ms, card.fault->max_ms + 1),
    };
}

/* The next of the deck that strikes, or NULL when there is none at all. */
static struct strike *draw(struct plan *p, struct deck *d, struct rng *rng)
{
    struct strike *s = &p->strikes[p->n];

    if (d->n == 0)
        shuffle(d, rng);
    if (d->n == 0)
        return NULL;
    *s = deal(d, rng);
    s->alone = d->alone;
    p->n++;
    return s;
}

struct plan plan_new(struct rng *rng, const struct chaos *c)
{
    const int64_t most = c->run_ms / GAP_MS + MAX_DECK, end = c->run_ms - CALM_MS;
    struct plan p = {.strikes = calloc((size_t)most, sizeof(*p.strikes))};
    struct deck alone = {.only = c->only, .alone = true}, together = {.only = c->only};
    struct strike *s;

    for (int64_t at = FIRST_MS; at < c->alone_ms && (s = draw(&p, &alone, rng)); at += CALM_MS)
        at += s->for_ms;
    for (int64_t at = c->alone_ms + FIRST_MS; at < end && (s = draw(&p, &together, rng));) {
        s->at_ms = at;
        if (at + s->for_ms > end)
            s->for_ms = end - at;
        at += rng_between(rng, GAP_MS, c->gap_ms);
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
    const struct fault *f = s->fault;
    const int64_t deadline_ms = clock_mono_ms() + INT64_C(1000) * HEAL_S;

    while (!f->heal(f->how ? f->how : s->what)) {
        if (clock_mono_ms() > deadline_ms) {
            finding("%s: could not be healed in %d s", s->name, HEAL_S);
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
    s->done = s->fault->inject(s->what);
    if (s->fault->heal) {
        sleep_until(s->struck_ms + s->for_ms);
        heal(s);
    }
    s->healed_ms = clock_mono_ms();
    return NULL;
}

static void announce(const struct strike *s, int64_t began_ms)
{
    printf("  %6.1f s  %s%s\n", (double)(clock_mono_ms() - began_ms) / 1000,
           s->alone ? "alone: " : "", s->name);
    fflush(stdout);
}

/* Until what was under way when it was healed is over. */
static void await_quiet(struct strike *s)
{
    const int64_t healed_wall_ms = clock_now_ms();
    const int64_t deadline_ms = s->healed_ms + INT64_C(1000) * QUIET_S;

    while (clock_mono_ms() < deadline_ms) {
        if (quiet_since(healed_wall_ms)) {
            s->quiet_ms = clock_mono_ms();
            return;
        }
        sleep_until(clock_mono_ms() + LOOK_MS);
    }
}

/* One fault after the other; the last may take a little longer than there is time. */
static void strike_alone(struct plan *p, int64_t began_ms, int64_t end_ms)
{
    sleep_until(began_ms + FIRST_MS);
    for (size_t i = 0; i < p->n && p->strikes[i].alone && clock_mono_ms() < end_ms; i++) {
        announce(&p->strikes[i], began_ms);
        strike(&p->strikes[i]);
        await_quiet(&p->strikes[i]);
        sleep_until(clock_mono_ms() + CALM_MS);
    }
}

void plan_carry_out(struct plan *p, int64_t began_ms, int64_t alone_ms)
{
    pthread_t *threads = calloc(p->n, sizeof(*threads));

    strike_alone(p, began_ms, began_ms + alone_ms);
    for (size_t i = 0; i < p->n; i++) {
        struct strike *s = &p->strikes[i];

        if (s->alone || clock_mono_ms() > began_ms + s->at_ms + LATE_MS)
            continue;
        sleep_until(began_ms + s->at_ms);
        announce(s, began_ms);
        if (pthread_create(&threads[i], NULL, strike, s) != 0)
            abort();
    }
    for (size_t i = 0; i < p->n; i++)
        if (threads[i])
            pthread_join(threads[i], NULL);
    free(threads);
}
