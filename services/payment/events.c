/* events.c - what the payment service hears from inventory and order. */
#include "events.h"

#include <string.h>

#include "payment.h"
#include "usecases.h"

/* What both events tell. */
static struct payment decode(const struct event *e)
{
    struct payment p = {
        .order_id = json_in_id(&e->data, "order_id"),
        .user_id = json_in_id(&e->data, "user_id"),
        .amount = json_in_int(&e->data, "total", 0, PAYMENT_MAX_AMOUNT),
        .currency = json_in_str(&e->data, "currency", 3, 3),
        .method = "",
        .reason = "",
    };

    if (strcmp(p.order_id, e->subject) != 0)
        json_in_refuse(&e->data, "order_id", "must be the event's subject");
    return p;
}

static struct err on_inventory_reserved(struct ctx *ctx, const struct event *e)
{
    struct payment p = decode(e);
    struct err err;

    p.method = json_in_str(&e->data, "payment_method", 1, PAYMENT_MAX_METHOD);
    err = json_in_done(&e->data);
    return err.code ? err : payment_reserved(ctx, &p);
}

static struct err on_order_cancelled(struct ctx *ctx, const struct event *e)
{
    struct payment p = decode(e);
    struct err err;

    p.reason = json_in_str_or(&e->data, "reason", 0, PAYMENT_MAX_REASON, "");
    err = json_in_done(&e->data);
    return err.code ? err : payment_cancelled(ctx, &p);
}

const struct subscription events_subscriptions[] = {
    {"inventory.reserved", 1, on_inventory_reserved},
    {"order.cancelled",    1, on_order_cancelled   },
};
const size_t events_nsubscriptions = sizeof(events_subscriptions) / sizeof(events_subscriptions[0]);
