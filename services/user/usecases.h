/* usecases.h - what one can do with users, one function per business operation.
 *
 * Each runs in the unit of work that its caller has begun (db.h). Passwords are
 * hashed before the first statement, or in a unit without a transaction. */
#ifndef USER_USECASES_H
#define USER_USECASES_H

#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "password.h"
#include "user.h"

struct usecases_options {
    struct password_hasher *hasher;
    const char *private_pem; /* signs access tokens */
    int64_t token_ttl_s;
};

/* Call once, before threads. What it points to stays the caller's and must stay. */
void usecases_init(const struct usecases_options *opt);

/* Make a customer of u->email (normalized) and u->name; fills the rest of 'u'.
 * ERR_CONFLICT: the address is taken. */
struct err user_register(struct ctx *ctx, struct user *u, const char *password) MUST_CHECK;

struct session {
    const char *access_token;
    int64_t expires_in; /* seconds */
};

/* ERR_UNAUTHENTICATED, with the same words and after the same time, for an unknown
 * address and for a wrong password. In a DB_READ unit: each statement stands alone and
 * no transaction is open while the password is checked. */
struct err user_sign_in(struct ctx *ctx, const char *email, const char *password,
                        struct session *out) MUST_CHECK;

/* Make an administrator with this normalized address; a user who has it already is left as is. */
struct err user_ensure_admin(struct ctx *ctx, const char *email, const char *password) MUST_CHECK;

#endif
