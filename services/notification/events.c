/* events.c - what the notification service hears about orders. */
#include "events.h"

#include <string.h>

#include "notification.h"
#include "usecases.h"

/* JSON's integers are exact up to here. */
static const int64_t max_total = INT64_C(1) << 53;

static struct err hear(struct ctx *ctx, const struct event *e)
{
    const struct notification_facts facts = {
        .kind = e->type,
        .order_id = json_in_id(&e->data, "order_id"),
        .currency = json_in_str(&e->data, "currency", 3, 3),
        .total = json_in_int(&e->data, "total", 0, max_total),
        .reason = json_in_str_or(&e->data, "reason", 0, NOTIFICATION_MAX_FACT, ""),
        .tracking_number =
            json_in_str_or(&e->data, "tracking_number", 0, NOTIFICATION_MAX_FACT, ""),
    };
    const char *user_id = json_in_id(&e->data, "user_id");
    struct err err;

    if (strcmp(facts.order_id, e->subject) != 0)
        json_in_refuse(&e->data, "order_id", "must be the event's subject");
    err = json_in_done(&e->data);
    return err.code ? err : notification_note(ctx, e->id, user_id, &facts);
}

const struct subscription events_subscriptions[] = {
    {"order.created",    1, hear},
    {"order.confirmed",  1, hear},
    {"order.shipped",    1, hear},
    {"order.cancelling", 1, hear},
    {"order.cancelled",  1, hear},
};
const size_t events_nsubscriptions = sizeof(events_subscriptions) / sizeof(events_subscriptions[0]);
