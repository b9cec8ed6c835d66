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

/* A new notification, due at once: written with the others of its unit by the commit. None
 * when its recipient has one for its event already. */
struct err store_insert(struct ctx *ctx, const struct notification *n) MUST_CHECK;

/* Take up to 'max' notifications in hand, those that have been due for longest, for
 * 'lease_ms' at most, and count the attempt. They come in the order in which they were
 * due; those that other workers have in hand are passed over. One whose worker never
 * came back is taken alone: should it be what kills workers, it takes no other with it. */
struct err store_take(struct ctx *ctx, int64_t lease_ms, size_t max, struct notification **out,
                      size_t *n) MUST_CHECK;

/* Write back state and reason of all of these and let go. One that stays PENDING is due
 * in delays_ms[i], less up to half of it by chance, so that failures do not march in
 * step. What was sent is noted in any case; otherwise nothing changes if the lease was
 * over and another worker has taken it.
 *
 * A delay of 0 gives it back: due as it was, and the attempt does not count. Do that but
 * once for each take: 'attempts' tells whose it is, and will be the same for the next. */
struct err store_settle(struct ctx *ctx, const struct notification list[],
                        const int64_t delays_ms[], size_t n) MUST_CHECK;

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
