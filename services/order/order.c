/* order.c - the life cycle of an order, as a table. */
#include "order.h"

#include <string.h>

static const struct {
    const char *name, *announcement;
} statuses[] = {
    [ORDER_PENDING] = {"PENDING",    "order.created"   },
    [ORDER_CONFIRMED] = {"CONFIRMED",  "order.confirmed" },
    [ORDER_CANCELLING] = {"CANCELLING", "order.cancelling"},
    [ORDER_SHIPPED] = {"SHIPPED",    "order.shipped"   },
    [ORDER_CANCELLED] = {"CANCELLED",  "order.cancelled" },
};

const char *order_status_name(enum order_status s)
{
    return statuses[s].name;
}

bool order_status_parse(const char *name, enum order_status *out)
{
    for (int i = 0; i < ORDER_STATUSES; i++) {
        if (strcmp(name, statuses[i].name) == 0) {
            *out = (enum order_status)i;
            return true;
        }
    }
    return false;
}

const char *order_announcement(enum order_status s)
{
    return statuses[s].announcement;
}

bool order_is_over(enum order_status s)
{
    return s == ORDER_SHIPPED || s == ORDER_CANCELLED;
}

bool order_is_done(const struct order *o)
{
    return o->status == ORDER_SHIPPED || (o->status == ORDER_CANCELLED && o->settled);
}

/* Whatever is not listed changes nothing. A late payment.processed does not confirm
 * an order that is being cancelled: payment refunds it on order.cancelled. */
static const struct {
    enum order_status from;
    enum order_event event;
    enum order_status to;
} transitions[] = {
    {ORDER_PENDING,    ORDER_PAID,         ORDER_CONFIRMED },
    {ORDER_PENDING,    ORDER_OUT_OF_STOCK, ORDER_CANCELLED },
    {ORDER_PENDING,    ORDER_DECLINED,     ORDER_CANCELLING},
    {ORDER_PENDING,    ORDER_CANCEL_ASKED, ORDER_CANCELLING},
    {ORDER_PENDING,    ORDER_EXPIRED,      ORDER_CANCELLING},
    {ORDER_CONFIRMED,  ORDER_DISPATCHED,   ORDER_SHIPPED   },
    {ORDER_CONFIRMED,  ORDER_UNSHIPPABLE,  ORDER_CANCELLED },
    {ORDER_CONFIRMED,  ORDER_CANCEL_ASKED, ORDER_CANCELLING},
    {ORDER_CONFIRMED,  ORDER_EXPIRED,      ORDER_CANCELLING},
    {ORDER_CANCELLING, ORDER_RELEASED,     ORDER_CANCELLED },
    {ORDER_CANCELLING, ORDER_DISPATCHED,   ORDER_SHIPPED   },
};

enum order_status order_next(enum order_status from, enum order_event e)
{
    for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++)
        if (transitions[i].from == from && transitions[i].event == e)
            return transitions[i].to;
    return from;
}

bool order_apply(struct order *o, enum order_event e, const char *reason)
{
    const enum order_status before = o->status, after = order_next(before, e);

    if (after == before)
        return false;
    o->status = after;
    o->version++;
    if (before != ORDER_CANCELLING && (after == ORDER_CANCELLING || after == ORDER_CANCELLED))
        o->reason = reason;
    if (after == ORDER_SHIPPED)
        o->reason = ""; /* the cancellation came too late */
    return true;
}

bool order_settles(enum order_event e)
{
    return e == ORDER_DECLINED || e == ORDER_REFUNDED;
}

int order_repeated_line(const struct order *o)
{
    for (size_t i = 1; i < o->nlines; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(o->lines[i].sku, o->lines[k].sku) == 0)
                return (int)i;
    return -1;
}

void order_compute_total(struct order *o)
{
    o->total = 0;
    for (size_t i = 0; i < o->nlines; i++)
        o->total += o->lines[i].quantity * o->lines[i].unit_price;
}
