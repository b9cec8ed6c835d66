/* draft.h - one request of the fuzzer, and what may become of it. */
#ifndef LIVE_DRAFT_H
#define LIVE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>

#include "client.h"
#include "operation.h"
#include "pool.h"
#include "rng.h"

enum { MAX_TARGET = 4000, MAX_HEADER = 6000, MAX_METHOD = 64, MAX_ODD_HEADERS = 4, MAX_BROKEN = 3 };

/* By the description alone. */
enum due {
    DUE_ACCEPTED, /* it is as described: not to be called malformed */
    DUE_EITHER,   /* the description does not tell */
    DUE_REFUSED,  /* it is not as described: never a 2xx */
};

struct draft {
    const struct operation *op;
    enum due due;
    enum who who;
    size_t forged; /* which, of WHO_FORGED */
    char method[MAX_METHOD];
    char path[MAX_TARGET], query[MAX_TARGET]; /* as they are sent; no "?" */
    char key[MAX_HEADER];                     /* Idempotency-Key, or "" */
    char headers[MAX_ODD_HEADERS][MAX_HEADER];
    size_t nheaders;
    char *body; /* NULL: none */
    size_t body_len;
    cJSON *value;                   /* what the body was printed from */
    bool elsewhere;                 /* its path is no longer the operation's */
    const char *broken[MAX_BROKEN]; /* what was done to it, literals */
    size_t nbroken;
};

/* As described in every way, for somebody who may ask for it. */
void draft_make(struct draft *d, struct rng *rng, const struct operation *op);
void draft_free(struct draft *d);

/* Take 'due' into account: what was uncertain stays so, what is refused too. */
void draft_worsen(struct draft *d, const char *what, enum due due);

void draft_header(struct draft *d, const char *line);
void draft_body(struct draft *d, const char *bytes, size_t len); /* copied */

struct reply draft_send(const struct draft *d);

/* The same as a line for a shell, with $CUSTOMER, $OTHER and $ADMIN for the tokens. A large
 * body goes to a file in 'folder'. */
void draft_print(const struct draft *d, const char *folder);

#endif
