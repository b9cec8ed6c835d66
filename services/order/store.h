/* store.h - orders in PostgreSQL. store.c is the only file of this service with SQL.
 *
 * Strings of what is loaded live in the unit's arena. */
#ifndef ORDER_STORE_H
#define ORDER_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "order.h"

/* One line of an order's timeline. */
struct order_entry {
    const char *event_id, *type, *source, *time, *cause, *detail;
};

/* A new order with its lines; its saga is to be over 'deadline_s' seconds from now.
 * Fills created_at and updated_at. */
struct err store_insert(struct ctx *ctx, struct order *o, int64_t deadline_s) MUST_CHECK;

/* ERR_NOT_FOUND: there is none, or it belongs to another than 'user_id' (NULL: anyone's). */
struct err store_find(struct ctx *ctx, const char *id, const char *user_id,
                      struct order *out) MUST_CHECK;

/* Like store_find, without the lines, and nobody else changes it until the commit. */
struct err store_lock(struct ctx *ctx, const char *id, const char *user_id,
                      struct order *out) MUST_CHECK;

/* Write back what may change: status, reason, reservation, tracking, version. */
struct err store_save(struct ctx *ctx, struct order *o) MUST_CHECK;

/* Append to the timeline; an event that is there already is left as it is. */
struct err store_note(struct ctx *ctx, const char *order_id, const struct order_entry entries[],
                      size_t n) MUST_CHECK;
struct err store_timeline(struct ctx *ctx, const char *order_id, struct order_entry **out,
                          size_t *n) MUST_CHECK;

/* What of its subjects a batch of events will ask for, locked by one statement for all
 * (event_ahead): store_lock() finds it there. */
struct err store_fetch_ahead(struct ctx *ctx) MUST_CHECK;

/* Orders of a user, newest first, after the order 'after' (NULL: from the newest), in
 * one status (NULL: any). Without their lines. */
struct err store_list(struct ctx *ctx, const char *user_id, const char *status, const char *after,
                      int64_t limit, struct order **out, size_t *n) MUST_CHECK;

/* Lock up to 'limit' orders past their deadline of which an answer is still due: not over,
 * or cancelled and not settled. Those that another instance has in hand are passed over. */
struct err store_lock_expired(struct ctx *ctx, int64_t limit, struct order **out,
                              size_t *n) MUST_CHECK;

/* They have been asked about: not again before they are twice as old, which is 'least_s'
 * seconds from now or more, but an hour at most. */
struct err store_asked(struct ctx *ctx, const struct order list[], size_t n,
                       int64_t least_s) MUST_CHECK;

/* How many orders are in each status, and what they are worth. */
struct order_totals {
    const char *status, *currency;
    int64_t orders, total;
};
struct err store_totals(struct ctx *ctx, struct order_totals **out, size_t *n) MUST_CHECK;

#endif
