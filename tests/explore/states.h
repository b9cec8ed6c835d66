/* states.h - the set of worlds met so far: a hash table with open addressing.
 *
 * A state's number is its place in the order of discovery. It keeps the packed world, and
 * the step by which it was first reached, so that a way to it can be told. Memory is
 * bounded by the number of states it takes. */
#ifndef EXPLORE_STATES_H
#define EXPLORE_STATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct origin {
    uint32_t parent;
    struct step step;
};

struct states {
    size_t words; /* of one state */
    size_t count, limit;
    uint64_t *keys;
    struct origin *origins;
    uint64_t *slots; /* half of the hash, and number + 1; 0: empty */
    size_t nslots;   /* a power of two */
};

struct states *states_new(size_t words, size_t limit);
void states_free(struct states *s);

/* The number of the state with this key, which is added if *added. False: it is new, and
 * there are as many as there may be. */
bool states_add(struct states *s, const uint64_t key[], struct origin from, uint32_t *number,
                bool *added);

const uint64_t *states_key(const struct states *s, size_t number);

/* Of a key; also for adding up what a set of states has in common with another. */
uint64_t states_hash(const uint64_t key[], size_t words);

/* realloc that ends the program, with a message, rather than fail. */
void *states_grow(void *p, size_t n, size_t size);

#endif
