/* inbox.h - the Idempotent Consumer pattern: ids of the events already handled.
 *
 * The row commits together with the event's effect, so an event that the broker
 * delivers again finds it and is acknowledged without a second effect. */
#ifndef COMMON_INBOX_H
#define COMMON_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

/* Note 'event_id' as handled in the unit's transaction; *first is false when it was before. */
struct err inbox_add(struct ctx *ctx, const char *event_id, bool *first) MUST_CHECK;

/* Forget entries older than 'keep_s' seconds, at most 'limit' at once. */
struct err inbox_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned) MUST_CHECK;

#endif
