/* store.h - users in PostgreSQL. store.c is the only file of this service with SQL.
 *
 * Strings of what is loaded live in the unit's arena. */
#ifndef USER_STORE_H
#define USER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "user.h"

/* A new user; fills created_at. *added is false when the address is taken: nothing changed. */
struct err store_insert(struct ctx *ctx, struct user *u, bool *added) MUST_CHECK;

/* Put 'hash' in the place of u->password_hash, unless somebody else has changed that. */
struct err store_replace_hash(struct ctx *ctx, const struct user *u, const char *hash) MUST_CHECK;

/* ERR_NOT_FOUND: there is none. */
struct err store_find(struct ctx *ctx, const char *id, struct user *out) MUST_CHECK;
struct err store_find_by_email(struct ctx *ctx, const char *email, struct user *out) MUST_CHECK;

/* Those of 'ids' that there are, by id. */
struct err store_find_users(struct ctx *ctx, const char *const ids[], size_t nids,
                            struct user **out, size_t *n) MUST_CHECK;

/* All users, oldest first, after the user 'after' (NULL: from the oldest). */
struct err store_list(struct ctx *ctx, const char *after, int64_t limit, struct user **out,
                      size_t *n) MUST_CHECK;

#endif
