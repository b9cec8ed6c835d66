/* password.h - password hashes: Argon2id (RFC 9106) through libsodium.
 *
 * A hash is text that holds its own salt and cost: "$argon2id$v=19$m=19456,t=2,p=1$…".
 * Hashing is slow and hungry for memory by design, so only a few run at the same
 * time; the others wait their turn, but not for long. Never hash inside a transaction. */
#ifndef COMMON_PASSWORD_H
#define COMMON_PASSWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"

struct password_options {
    /* What a new hash costs. OWASP's least: 19,456 KiB and 2 passes. */
    int64_t memory_kib, passes;
    int at_once; /* how many run at the same time */
    int wait_ms; /* how long to wait for a turn */
};

struct password_hasher; /* any thread may use it */

/* Does not hash yet. ERR_INVALID: a cost out of range. */
struct err password_open(struct arena *a, const struct password_options *opt,
                         struct password_hasher **out) MUST_CHECK;
void password_close(struct password_hasher *h); /* NULL is fine */

/* ERR_UNAVAILABLE, here and in password_verify(): no turn in time, or no memory. */
struct err password_hash(struct password_hasher *h, struct arena *a, const char *password,
                         const char **hash) MUST_CHECK;

/* Does 'password' fit 'hash'? Where there is no such user pass NULL: it fits nothing,
 * but finding out takes as long, so the time of an answer tells nothing either.
 * ERR_INTERNAL: 'hash' is none. */
struct err password_verify(struct password_hasher *h, struct arena *a, const char *hash,
                           const char *password, bool *fits) MUST_CHECK;

/* Was it made at another cost than today's? Then hash again when the password is next seen. */
bool password_outdated(const struct password_hasher *h, const char *hash);

#endif
