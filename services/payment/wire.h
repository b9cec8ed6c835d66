/* wire.h - payments as JSON: what answers and events say of them. */
#ifndef PAYMENT_WIRE_H
#define PAYMENT_WIRE_H

#include "ctx.h"
#include "json_out.h"
#include "payment.h"

/* One payment as the API shows it, as a member 'key' or (NULL) an array's item. */
void wire_payment(struct json_out *j, const char *key, const struct payment *p);

/* The data of the event that announces the payment's present state. */
const char *wire_announcement(struct ctx *ctx, const struct payment *p);

#endif
