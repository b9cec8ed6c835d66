/* usecases.h - everything that the order service can be asked to do.
 *
 * Each runs inside a unit of work that the shell opens, and commits when it
 * returns OK. Whatever changes an order writes the event that announces it to the
 * outbox, and both to the order's timeline. */
#ifndef ORDER_USECASES_H
#define ORDER_USECASES_H

#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "order.h"

/* A saga that is not over so many seconds after its order was placed is cancelled.
 * Call once, before threads. */
void order_set_deadline(int64_t seconds);

/* Accept an order of 'o->user_id' for its lines (sku, quantity) by its payment method.
 * Fills in all the rest. ERR_INVALID: a sku repeats; ERR_UNPROCESSABLE: no such
 * product; ERR_UNAVAILABLE: prices or user cannot be looked up now. */
struct err order_place(struct ctx *ctx, struct order *o) MUST_CHECK;

/* The customer wants it undone. 'user_id' NULL: an admin asks. OK and 'out' also when
 * that is under way or done already; ERR_CONFLICT: it has shipped. */
struct err order_cancel(struct ctx *ctx, const char *id, const char *user_id,
                        struct order *out) MUST_CHECK;

/* What another service said about an order. */
struct order_news {
    const char *order_id;
    enum order_event event;
    const char *reservation_id, *tracking_number; /* where the event tells, or "" */
    const char *detail;                           /* for the timeline: a reason, a number, or "" */
    /* of the event itself */
    const char *event_id, *type, *source, *time, *cause;
};

/* Take note and move on. ERR_NOT_FOUND: no such order. Harmless when it says nothing new. */
struct err order_hear(struct ctx *ctx, const struct order_news *news) MUST_CHECK;

/* Up to 'limit' orders whose deadline has passed: begin to cancel them, or ask again who
 * has not answered since; *n says how many. */
struct err order_expire(struct ctx *ctx, int64_t limit, size_t *n) MUST_CHECK;

#endif
