/* states.c - the set of worlds met so far. */
#include "states.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

void *states_grow(void *p, size_t n, size_t size)
{
    void *grown = n <= SIZE_MAX / size ? realloc(p, n * size) : NULL;

    if (!grown) {
        fprintf(stderr, "explore: no memory for %zu times %zu bytes\n", n, size);
        abort();
    }
    return grown;
}

struct states *states_new(size_t words, size_t limit)
{
    struct states *s = states_grow(NULL, 1, sizeof(*s));

    *s = (struct states){.words = words, .limit = limit};
    return s;
}

void states_free(struct states *s)
{
    if (!s)
        return;
    free(s->keys);
    free(s->origins);
    free(s->slots);
    free(s);
}

const uint64_t *states_key(const struct states *s, size_t number)
{
    return s->keys + number * s->words;
}

/* Multiply and fold: each bit of the key reaches each bit of the hash. */
uint64_t states_hash(const uint64_t key[], size_t words)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < words; i++) {
        h = (h ^ key[i]) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    h *= UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ (h >> 29);
}

static uint64_t slot_of(uint64_t hash, size_t number)
{
    return (hash & UINT64_C(0xffffffff00000000)) | (uint32_t)(number + 1);
}

/* Where it is, or where it would be. */
static size_t seek(const struct states *s, const uint64_t key[], uint64_t hash)
{
    size_t i = hash & (s->nslots - 1);

    for (; s->slots[i]; i = (i + 1) & (s->nslots - 1)) {
        const size_t number = (uint32_t)s->slots[i] - 1;

        if (s->slots[i] == slot_of(hash, number) &&
            memcmp(states_key(s, number), key, s->words * sizeof(key[0])) == 0)
            break;
    }
    return i;
}

/* Twice as much room for everything; the table is never more than half full. */
static void make_room(struct states *s)
{
    const size_t room = s->nslots ? s->nslots : FIRST_ROOM;

    s->keys = states_grow(s->keys, room, s->words * sizeof(s->keys[0]));
    s->origins = states_grow(s->origins, room, sizeof(s->origins[0]));
    s->nslots = 2 * room;
    s->slots = states_grow(s->slots, s->nslots, sizeof(s->slots[0]));
    memset(s->slots, 0, s->nslots * sizeof(s->slots[0]));
    for (size_t i = 0; i < s->count; i++) {
        const uint64_t hash = states_hash(states_key(s, i), s->words);

        s->slots[seek(s, states_key(s, i), hash)] = slot_of(hash, i);
    }
}

bool states_add(struct states *s, const uint64_t key[], struct origin from, uint32_t *number,
                bool *added)
{
    const uint64_t hash = states_hash(key, s->words);
    size_t i;

    if (2 * s->count >= s->nslots)
        make_room(s);
    i = seek(s, key, hash);
    *added = s->slots[i] == 0;
    if (!*added) {
        *number = (uint32_t)s->slots[i] - 1;
        return true;
    }
    if (s->count >= s->limit)
        return false;
    *number = (uint32_t)s->count++;
    s->slots[i] = slot_of(hash, *number);
    memcpy(s->keys + *number * s->words, key, s->words * sizeof(key[0]));
    s->origins[*number] = from;
    return true;
}
