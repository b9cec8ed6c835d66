/* store.h - notifications in PostgreSQL. store.c is the only file of this service with SQL.
 *
 * Strings of what is loaded live in the unit's arena. */
#ifndef NOTIFICATION_STORE_H
#define NOTIFICATION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "notification.h"

/* A new notification, due at once. *added is false, and nothing is written, when its
 * recipient has one for its event already. */
struct err store_insert(struct ctx *ctx, const struct notification *n, bool *added) MUST_CHECK;

/* Take the notification that has been due for longest in hand, for 'lease_ms' at most,
 * and count the attempt. Those that other workers have in hand are passed over; *found
 * is false when none is left. */
struct err store_take(struct ctx *ctx, int64_t lease_ms, struct notification *out,
                      bool *found) MUST_CHECK;

/* Write back state and reason and let go; one that stays PENDING is due in 'delay_ms',
 * less up to half of it by chance, so that failures do not march in step. What was sent
 * is noted in any case; otherwise nothing changes if the lease was over and another
 * worker has taken it. */
struct err store_settle(struct ctx *ctx, const struct notification *n, int64_t delay_ms) MUST_CHECK;

/* ERR_NOT_FOUND: there is none, or it is for another than 'user_id' (NULL: anyone). */
struct err store_find(struct ctx *ctx, const char *id, const char *user_id,
                      struct notification *out) MUST_CHECK;

/* Notifications for a user (NULL: for all), newest first, after the notification 'after'
 * (NULL: from the newest), about one order (NULL: any). */
struct err store_list(struct ctx *ctx, const char *user_id, const char *order_id, const char *after,
                      int64_t limit, struct notification **out, size_t *n) MUST_CHECK;

/* How many there are of each kind in each state. */
struct notification_totals {
    const char *kind, *state;
    int64_t notifications;
};
struct err store_totals(struct ctx *ctx, struct notification_totals **out, size_t *n) MUST_CHECK;

#endif
