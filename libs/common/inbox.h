/* inbox.h - the Idempotent Consumer pattern: ids of the events already handled.
 *
 * The row commits together with the event's effect, so an event that the broker
 * delivers again finds it and is acknowledged without a second effect. */
#ifndef COMMON_INBOX_H
#define COMMON_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "db.h"
#include "err.h"

/* Note events as handled in the unit's transaction, in one statement that travels with the
 * unit's next one (db_ask). */
struct err inbox_note(struct ctx *ctx, const char *const ids[], size_t n,
                      struct db_rows *noted) MUST_CHECK;

/* Once that is answered: first[i] is false when ids[i] was handled before, or is among those in
 * front of it. */
void inbox_tell(struct ctx *ctx, const struct db_rows *noted, const char *const ids[], size_t n,
                bool first[]);

/* Forget entries older than 'keep_s' seconds, at most 'limit' at once. */
struct err inbox_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned) MUST_CHECK;

#endif
