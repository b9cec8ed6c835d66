/* world.c - states, and the few words each is packed to. */
#include "world.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world_begin(const struct scenario *sc)
{
    struct world w = {.on_hand = (int8_t)sc->stock};

    for (int i = 0; i < sc->orders; i++) {
        w.sagas[i].status = ORDER_PENDING;
        w.sagas[i].version = 1;
        bag_send(sc, &w.sagas[i].bag, order_announcement(ORDER_PENDING));
    }
    return w;
}

/* --- packing ------------------------------------------------------------------------ */

struct bits {
    uint64_t word;
    unsigned at;
    bool reading;
};

static void outgrown(uint64_t value, unsigned width)
{
    fprintf(stderr, "explore: %" PRIu64 " does not fit the %u bits that world.c keeps for it\n",
            value, width);
    abort();
}

/* 'width' bits, into the word or out of it: one list of fields serves both ways. */
static uint64_t bits(struct bits *b, uint64_t value, unsigned width)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    const unsigned at = b->at;

    b->at += width;
    if (b->reading)
        return b->word >> at & mask;
    if (value > mask || b->at > 64)
        outgrown(value, width);
    b->word |= value << at;
    return value;
}

static void number(struct bits *b, uint8_t *value, unsigned width)
{
    *value = (uint8_t)bits(b, *value, width);
}

/* Stock may be below zero, where a bug is found. */
static void pieces(struct bits *b, int8_t *n)
{
    enum { BIAS = 8, WIDTH = 5 };

    uint8_t biased = (uint8_t)(*n + BIAS);

    number(b, &biased, WIDTH);
    *n = (int8_t)(biased - BIAS);
}

static void stock(struct bits *b, struct world *w)
{
    pieces(b, &w->on_hand);
    pieces(b, &w->reserved);
    pieces(b, &w->dispatched);
}

static void bag(struct bits *b, struct saga *s)
{
    s->bag.waiting = bits(b, s->bag.waiting, ROUTES * BAG_BITS);
    s->bag.copies = (uint32_t)bits(b, s->bag.copies, ROUTES);
}

static void rows(struct bits *b, struct saga *s)
{
    number(b, &s->status, 3);
    number(b, &s->version, 3);
    number(b, &s->settled, 1);
    number(b, &s->reservation, 3);
    number(b, &s->peeked, 2);
    number(b, &s->payment, 3);
    number(b, &s->attempts, 3);
    number(b, &s->refunded, 1);
    for (int i = 0; i < MAX_WORKERS; i++) {
        number(b, &s->workers[i].asked, 2);
        number(b, &s->workers[i].answer, 3);
    }
    number(b, &s->charge, 2);
    number(b, &s->captured, 2);
    number(b, &s->returned, 2);
    number(b, &s->late, 2);
    for (int i = 0; i < ORDER_STATUSES; i++)
        number(b, &s->told[i], 2);
}

/* --- what is alike ------------------------------------------------------------------ */

static void sort_workers(struct saga *s)
{
    const struct worker first = s->workers[0], second = s->workers[1];

    if (first.asked > second.asked ||
        (first.asked == second.asked && first.answer >= second.answer))
        return;
    s->workers[0] = second;
    s->workers[1] = first;
}

static void swap_sagas(uint64_t words[], char names[], int i)
{
    uint64_t *a = words + (size_t)i * SAGA_WORDS, *b = a + SAGA_WORDS, first[SAGA_WORDS];

    memcpy(first, a, sizeof(first));
    memcpy(a, b, sizeof(first));
    memcpy(b, first, sizeof(first));
    if (names) {
        const char name = names[i];

        names[i] = names[i + 1];
        names[i + 1] = name;
    }
}

static void sort_sagas(int n, uint64_t words[], char names[])
{
    for (int end = n - 1; end > 0; end--) {
        for (int i = 0; i < end; i++) {
            const uint64_t *a = words + (size_t)i * SAGA_WORDS, *b = a + SAGA_WORDS;

            if (a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]))
                swap_sagas(words, names, i);
        }
    }
}

/* --- worlds --------------------------------------------------------------------------- */

size_t world_words(const struct scenario *sc)
{
    return 1 + (size_t)sc->orders * SAGA_WORDS;
}

void world_pack(const struct scenario *sc, const struct world *w, uint64_t words[], char names[])
{
    struct world copy = *w;
    struct bits b = {0};

    stock(&b, &copy);
    words[0] = b.word;
    for (size_t i = 0; i < (size_t)sc->orders; i++) {
        uint64_t *pair = words + 1 + i * SAGA_WORDS;

        sort_workers(&copy.sagas[i]);
        b = (struct bits){0};
        bag(&b, &copy.sagas[i]);
        pair[0] = b.word;
        b = (struct bits){0};
        rows(&b, &copy.sagas[i]);
        pair[1] = b.word;
    }
    sort_sagas(sc->orders, words + 1, names);
}

struct world world_unpack(const struct scenario *sc, const uint64_t words[])
{
    struct bits b = {.word = words[0], .reading = true};
    struct world w = {0};

    stock(&b, &w);
    for (size_t i = 0; i < (size_t)sc->orders; i++) {
        const uint64_t *pair = words + 1 + i * SAGA_WORDS;

        b = (struct bits){.word = pair[0], .reading = true};
        bag(&b, &w.sagas[i]);
        b = (struct bits){.word = pair[1], .reading = true};
        rows(&b, &w.sagas[i]);
    }
    return w;
}
