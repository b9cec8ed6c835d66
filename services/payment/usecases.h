/* usecases.h - everything that the payment service can be asked to do.
 *
 * Each runs inside a unit of work that the shell opens, and commits when it returns
 * OK. Whenever a payment comes to a result, the event that announces it is written to
 * the outbox; a question whose answer is known already has it announced again. */
#ifndef PAYMENT_USECASES_H
#define PAYMENT_USECASES_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "payment.h"
#include "store.h"

struct payment_limits {
    int64_t max_attempts; /* to charge, before the payment is given up */
    int64_t lease_ms;     /* longer than any call to the provider may take */
};

/* Call once, before threads. */
void payment_set_limits(const struct payment_limits *limits);

/* inventory.reserved: charge 'asked' (order_id, user_id, amount, currency, method). */
struct err payment_reserved(struct ctx *ctx, const struct payment *asked) MUST_CHECK;

/* order.cancelled: owe the customer nothing of 'asked' (order_id, user_id, amount,
 * currency, reason). Whether a charge came before it or comes later does not matter. */
struct err payment_cancelled(struct ctx *ctx, const struct payment *asked) MUST_CHECK;

/* A worker's two halves, with the call to the provider between them and outside both
 * units. First: take a payment that is due in hand. Which, store_taken() tells after the
 * commit. */
struct err payment_take(struct ctx *ctx, struct taking *taking) MUST_CHECK;

/* Then: note what came of it. */
struct err payment_finish(struct ctx *ctx, const struct payment *job,
                          const struct payment_outcome *o) MUST_CHECK;

#endif
