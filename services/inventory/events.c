/* events.c - what the inventory service hears from orders. */
#include "events.h"

#include <string.h>

#include "arena.h"
#include "inventory.h"
#include "usecases.h"

enum { MAX_PAYMENT_METHOD = 64 };

/* Every event of an order names it twice; the two must agree. */
static const char *order_id(const struct event *e)
{
    const char *id = json_in_id(&e->data, "order_id");

    if (strcmp(id, e->subject) != 0)
        json_in_refuse(&e->data, "order_id", "must be the event's subject");
    return id;
}

/* order.created {order_id, user_id, currency, total, payment_method,
 *                lines: [{sku, quantity}]} */
static struct err on_created(struct ctx *ctx, const struct event *e)
{
    struct reservation r = reservation_new(order_id(e));
    struct json_in *line;
    struct err err;

    r.user_id = json_in_id(&e->data, "user_id");
    r.currency = json_in_str(&e->data, "currency", 3, 3);
    r.total = json_in_int(&e->data, "total", 0, INT64_MAX);
    r.payment_method = json_in_str(&e->data, "payment_method", 1, MAX_PAYMENT_METHOD);
    r.nlines = json_in_list(&e->data, "lines", 1, INVENTORY_MAX_LINES, &line);
    r.lines = arena_array(ctx->arena, struct reservation_line, r.nlines);
    for (size_t i = 0; i < r.nlines; i++) {
        r.lines[i].sku = json_in_str(&line[i], "sku", 1, INVENTORY_MAX_SKU);
        r.lines[i].quantity = json_in_int(&line[i], "quantity", 1, INVENTORY_MAX_QUANTITY);
    }
    err = json_in_done(&e->data);
    return err.code ? err : inventory_reserve(ctx, &r);
}

/* order.cancelling {order_id} */
static struct err on_cancelling(struct ctx *ctx, const struct event *e)
{
    const char *id = order_id(e);
    struct err err = json_in_done(&e->data);

    return err.code ? err : inventory_release(ctx, id);
}

/* order.confirmed {order_id} */
static struct err on_confirmed(struct ctx *ctx, const struct event *e)
{
    const char *id = order_id(e);
    struct err err = json_in_done(&e->data);

    return err.code ? err : inventory_ship(ctx, id);
}

const struct subscription events_subscriptions[] = {
    {"order.created",    1, on_created   },
    {"order.cancelling", 1, on_cancelling},
    {"order.confirmed",  1, on_confirmed },
};
const size_t events_nsubscriptions = sizeof(events_subscriptions) / sizeof(events_subscriptions[0]);
