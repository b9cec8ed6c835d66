/* agree.c - an event for a real service, and comparison with the model. */
#include "agree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "event.h"

/* As in each service's events.h. */
extern const struct subscription events_subscriptions[];
extern const size_t events_nsubscriptions;

const struct scenario agree_scenario = {
    .name = "agree",
    .orders = 1,
    .stock = 1,
    .workers = 1,
    .max_attempts = 2,
    .inbox = true,
};

static bool subscribed(const char *type)
{
    for (size_t i = 0; i < events_nsubscriptions; i++)
        if (strcmp(events_subscriptions[i].type, type) == 0)
            return true;
    return false;
}

void agree_on_routes(enum actor who)
{
    size_t n = 0;

    for (int i = 0; i < ROUTES; i++) {
        if (routes[i].to != who)
            continue;
        if (!subscribed(routes[i].type))
            fail_msg("the service does not hear %s", routes[i].type);
        n++;
    }
    assert_int_equal(n, events_nsubscriptions);
}

/* All that any event tells: nobody minds what he does not know. */
static const char data[] =
    "{\"order_id\":\"" AGREE_ORDER "\",\"user_id\":\"" AGREE_USER "\",\"currency\":\"EUR\","
    "\"total\":1,\"version\":1,\"payment_method\":\"pm_ok\",\"payment_id\":\"p\",\"amount\":1,"
    "\"reservation_id\":\"r\",\"shipment_id\":\"s\",\"tracking_number\":\"t\",\"reason\":\"why\","
    "\"lines\":[{\"sku\":\"ITEM\",\"quantity\":1,\"unit_price\":1}]}";

void agree_receive(struct ctx *ctx, const char *type)
{
    const struct event e = {
        .id = "e1",
        .type = type,
        .version = 1,
        .source = "somebody",
        .subject = AGREE_ORDER,
        .time = "2026-01-01T00:00:00.000Z",
        .correlation_id = "",
        .causation_id = "e0",
        .traceparent = "",
        .data = json_in_parse(ctx->arena, data, sizeof(data) - 1),
    };
    const struct err err = event_dispatch(ctx, &e, events_subscriptions, events_nsubscriptions);

    if (err.code)
        fail_msg("%s: %s", type, err.msg);
}

struct bag agree_published(const char *const types[], size_t n)
{
    struct bag b = {0};

    for (size_t i = 0; i < n; i++)
        bag_send(&agree_scenario, &b, types[i]);
    return b;
}

struct bag agree_repeated(const char *const types[], size_t n)
{
    struct bag b = {0};

    for (size_t i = 0; i < n; i++)
        bag_repeat(&agree_scenario, &b, types[i]);
    return b;
}

void agree_on_bags(const char *what, const struct bag *model, const struct bag *service)
{
    for (int i = 0; i < ROUTES; i++)
        if (bag_waiting(model, i) != bag_waiting(service, i))
            fail_msg("%s: the model sends %d of %s, the service %d", what, bag_waiting(model, i),
                     routes[i].type, bag_waiting(service, i));
}
