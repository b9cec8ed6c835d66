/* idempotency.h - the Idempotency-Key header
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
 *
 * The answer is stored in the transaction of the effect, under (caller, key) with a
 * fingerprint of method, path and body. The same request again gets the stored
 * answer; another request under the same key 422; one that is still running 409.
 * "Running" is a session-level advisory lock, which cannot outlive the process that
 * holds it; the unique key is what makes a second effect impossible. */
#ifndef COMMON_IDEMPOTENCY_H
#define COMMON_IDEMPOTENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

struct idempotency {
    const char *caller, *key;
    char fingerprint[65]; /* keyed BLAKE2b (RFC 7693), hex */
    int64_t lock;         /* the advisory lock's number */
};

struct stored_answer {
    int status; /* 0: there is none, go on */
    const char *body, *location;
};

/* Fingerprints are made with a key drawn from 'secret', the same for all instances of
 * the service. Needed where a body holds a password: whoever reads the table could
 * otherwise try passwords at the speed of a plain hash. Call once, before threads. */
void idempotency_secret(const char *secret);

/* Call outside a transaction. ERR_INVALID: no valid key (1 to 255 printable ASCII);
 * ERR_UNPROCESSABLE: reused; ERR_CONFLICT: in flight. Otherwise 'stored' is the
 * answer to repeat, or the lock is held until idempotency_end(). */
struct err idempotency_begin(struct ctx *ctx, struct idempotency *k, const char *caller,
                             const char *key, const char *method, const char *path,
                             const char *body, size_t body_len,
                             struct stored_answer *stored) MUST_CHECK;

/* In the effect's transaction, before its commit. ERR_CONFLICT: somebody else's
 * request with this key committed first; roll back. */
struct err idempotency_store(struct ctx *ctx, const struct idempotency *k,
                             const struct stored_answer *answer) MUST_CHECK;

void idempotency_end(struct ctx *ctx, const struct idempotency *k); /* after the unit */

struct err idempotency_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned) MUST_CHECK;

#endif
