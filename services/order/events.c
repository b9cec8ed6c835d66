/* events.c - what the order service hears from inventory and payment. */
#include "events.h"

#include <string.h>

#include "order.h"
#include "usecases.h"

/* What each event means to an order, and which of its members tells more. */
static const struct {
    const char *type;
    enum order_event meaning;
    const char *detail; /* this member goes to the timeline */
} meanings[] = {
    {"inventory.reserved",  ORDER_RESERVED,     "reservation_id" },
    {"inventory.failed",    ORDER_OUT_OF_STOCK, "reason"         },
    {"inventory.released",  ORDER_RELEASED,     NULL             },
    {"payment.processed",   ORDER_PAID,         "payment_id"     },
    {"payment.failed",      ORDER_DECLINED,     "reason"         },
    {"payment.refunded",    ORDER_REFUNDED,     "payment_id"     },
    {"shipment.dispatched", ORDER_DISPATCHED,   "tracking_number"},
    {"shipment.failed",     ORDER_UNSHIPPABLE,  "reason"         },
};

enum { MAX_DETAIL = 500 };

static struct err hear(struct ctx *ctx, const struct event *e)
{
    const size_t n = sizeof(meanings) / sizeof(meanings[0]);
    struct order_news news = {
        .event_id = e->id,
        .type = e->type,
        .source = e->source,
        .time = e->time,
        .cause = e->causation_id,
        .detail = "",
    };
    size_t i = 0;
    struct err err;

    while (i < n && strcmp(meanings[i].type, e->type) != 0)
        i++;
    if (i == n)
        return (struct err){ERR_INVALID, "an event without a meaning to orders"};
    news.event = meanings[i].meaning;
    news.order_id = json_in_id(&e->data, "order_id");
    if (meanings[i].detail)
        news.detail = json_in_str(&e->data, meanings[i].detail, 1, MAX_DETAIL);
    news.reservation_id = json_in_str_or(&e->data, "reservation_id", 0, MAX_DETAIL, "");
    news.tracking_number = json_in_str_or(&e->data, "tracking_number", 0, MAX_DETAIL, "");
    if (strcmp(news.order_id, e->subject) != 0)
        json_in_refuse(&e->data, "order_id", "must be the event's subject");
    err = json_in_done(&e->data);
    return err.code ? err : order_hear(ctx, &news);
}

const struct subscription events_subscriptions[] = {
    {"inventory.reserved",  1, hear},
    {"inventory.failed",    1, hear},
    {"inventory.released",  1, hear},
    {"payment.processed",   1, hear},
    {"payment.failed",      1, hear},
    {"payment.refunded",    1, hear},
    {"shipment.dispatched", 1, hear},
    {"shipment.failed",     1, hear},
};
const size_t events_nsubscriptions = sizeof(events_subscriptions) / sizeof(events_subscriptions[0]);
