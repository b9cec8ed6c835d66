/* pool.h - what there is to ask for: ids, skus and cursors that answers have told, and the
 * people who ask. */
#ifndef LIVE_POOL_H
#define LIVE_POOL_H

#include <stddef.h>

#include "client.h"
#include "forge.h"
#include "operation.h"
#include "rng.h"
#include "world.h"

/* Whose token goes with a request. FORGED of them are nobody's. */
enum who { WHO_NOBODY, WHO_CUSTOMER, WHO_OTHER, WHO_ADMIN, WHO_FORGED };

extern struct pool {
    struct customer customer, other;
    const char *admin;
    const char *forged[FORGED];
} pool;

/* Register the people, and give them something to ask for. */
void pool_fill(void);

/* Fresh tokens for the same people: they are good for a quarter of an hour. */
void pool_renew(void);

const char *pool_token(enum who who, size_t forged);

/* Remember the ids in an answer of this operation, and where its list goes on. */
void pool_learn(const struct operation *op, const struct reply *r);

/* One that was told by a service ("order"), or NULL. */
const char *pool_id(struct rng *rng, const char *tag);
const char *pool_cursor(struct rng *rng, const char *tag);

/* A product of our own, whose price may change and stock may grow. */
const char *pool_sku(struct rng *rng);

#endif
