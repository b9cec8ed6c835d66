/* provider.h - the payment provider, which captures money and gives it back, over HTTP.
 *
 * Every call carries the payment's id as its idempotency key, so that a call that is
 * made again, by whoever and for whatever reason, moves no money a second time. Hold no
 * transaction open during one: it may take as long as the deadline. */
#ifndef PAYMENT_PROVIDER_H
#define PAYMENT_PROVIDER_H

#include <stdbool.h>

#include "ctx.h"
#include "payment.h"

struct provider_options {
    const char *url; /* http://host:port */
    const char *key; /* our access key */
    int deadline_ms; /* of one call */
    int max_concurrent;
};

/* Call once, before threads. */
void provider_init(const struct provider_options *opt);
void provider_close(void);

/* False: it kept failing, so calls to it are paused; better take no payment in hand. Every
 * two seconds one caller asks it how it is, and a good answer ends the pause. So the
 * circuit is probed without a customer's charge, and an outage uses up no attempts. */
bool provider_is_up(struct ctx *ctx);

/* Capture the payment's amount: CHARGED, DECLINED, or EXHAUSTED when asking again is of
 * no use, and we cannot be sure what the provider has done. */
struct payment_outcome provider_charge(struct ctx *ctx, const struct payment *p);

/* Give back what was captured, and refuse a charge that should arrive later: RETURNED,
 * or BLOCKED when nothing had been captured. */
struct payment_outcome provider_undo(struct ctx *ctx, const struct payment *p);

#endif
