/* store.h - payments in PostgreSQL. store.c is the only file of this service with SQL.
 *
 * Strings of what is loaded live in the unit's arena. */
#ifndef PAYMENT_STORE_H
#define PAYMENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "db.h"
#include "err.h"
#include "payment.h"

/* A new payment, due at once. *added is false, and nothing is written, when its order
 * has one already. */
struct err store_insert(struct ctx *ctx, const struct payment *p, bool *added) MUST_CHECK;

/* What of its subjects a batch of events will ask for, locked by one statement for all
 * (event_ahead): store_lock_order() finds it there, and a lost race is told by the commit. */
struct err store_fetch_ahead(struct ctx *ctx) MUST_CHECK;

/* ERR_NOT_FOUND: there is none, or it belongs to another than 'user_id' (NULL: anyone's). */
struct err store_find(struct ctx *ctx, const char *id, const char *user_id,
                      struct payment *out) MUST_CHECK;

/* Load a payment that nobody else changes until the commit. ERR_NOT_FOUND: there is none. */
struct err store_lock(struct ctx *ctx, const char *id, struct payment *out) MUST_CHECK;
struct err store_lock_order(struct ctx *ctx, const char *order_id, struct payment *out) MUST_CHECK;

/* Write back what may change and make it due at once. A worker that has it in hand keeps it. */
struct err store_save(struct ctx *ctx, const struct payment *p) MUST_CHECK;

/* Likewise, by the worker that had it in hand: it lets go, and the payment is due in
 * 'delay_ms', less up to half of it by chance, so that failures do not march in step. */
struct err store_settle(struct ctx *ctx, const struct payment *p, int64_t delay_ms) MUST_CHECK;

/* Take a payment that is due in hand, for 'lease_ms' at most: of those with the fewest
 * attempts behind them the one that has been due for longest. So what keeps failing does
 * not hold up what may succeed. Those that other workers have in hand are passed over.
 * What it is, is known once the unit is committed. */
struct taking {
    struct db_rows rows;
};
struct err store_take(struct ctx *ctx, int64_t lease_ms, struct taking *taking) MUST_CHECK;

/* *found is false when none was left, *more when this was the last. */
struct err store_taken(struct ctx *ctx, const struct taking *taking, struct payment *out,
                       bool *found, bool *more) MUST_CHECK;

/* Payments of a user (NULL: of all), newest first, after the payment 'after' (NULL: from
 * the newest), of one order (NULL: of any). */
struct err store_list(struct ctx *ctx, const char *user_id, const char *order_id, const char *after,
                      int64_t limit, struct payment **out, size_t *n) MUST_CHECK;

/* The books: what was captured and what was given back, for each currency. Complete when
 * nothing is 'open': of an open payment we do not know yet what the provider has. */
struct payment_totals {
    const char *currency;
    int64_t payments, captured, refunded, open;
};
struct err store_totals(struct ctx *ctx, struct payment_totals **out, size_t *n) MUST_CHECK;

#endif
