/* idempotency.h - the Idempotency-Key header
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 *
 * The answer is stored in the transaction of the effect, under the unique key (caller,
 * key), with a fingerprint of method, path and body. The same request again gets the
 * stored answer; another request under the same key 422. Of two that run at once the
 * second waits in its commit for the first's, fails with it, and gets the first's answer:
 * nothing marks a request as running, so nothing is left of one that died.
 *
 * A caller who is nobody ("": registering needs no token) has no keys of their own, so
 * theirs are known together with the fingerprint: two strangers who happen to choose the
 * same key do not meet, and another request under a key is simply another request. Who
 * repeats the whole of it, the password in it included, gets the answer it was given. */
#ifndef COMMON_IDEMPOTENCY_H
#define COMMON_IDEMPOTENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

struct idempotency {
    const char *caller, *key; /* caller: a user's id; "" for nobody in particular */
    char fingerprint[65];     /* keyed BLAKE2b (RFC 7693), hex */
};

struct stored_answer {
    int status; /* 0: there is none, go on */
    const char *body, *location;
};

/* Fingerprints are made with a key drawn from 'secret', the same for all instances of
 * the service. Needed where a body holds a password: whoever reads the table could
 * otherwise try passwords at the speed of a plain hash. Call once, before threads. */
void idempotency_secret(const char *secret);

/* Fill in 'k'. ERR_INVALID: no valid key (1 to 255 printable ASCII). The strings are borrowed. */
struct err idempotency_key(struct idempotency *k, const char *caller, const char *key,
                           const char *method, const char *path, const char *body,
                           size_t body_len) MUST_CHECK;

/* The answer given already, if any. Outside a unit of work: before the handler, and again
 * after it failed, for its twin may have succeeded. ERR_UNPROCESSABLE: the key was used for
 * another request. */
struct err idempotency_find(struct ctx *ctx, const struct idempotency *k,
                            struct stored_answer *stored) MUST_CHECK;

/* In the effect's unit of work, the last statement. Its commit is a conflict when somebody
 * else's request with this key committed first. Both structs must live until then. */
struct err idempotency_store(struct ctx *ctx, const struct idempotency *k,
                             const struct stored_answer *answer) MUST_CHECK;

struct err idempotency_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned) MUST_CHECK;

#endif
