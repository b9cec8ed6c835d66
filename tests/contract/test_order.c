/* test_order.c - the order service and contracts/ agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "api.h"
#include "arena.h"
#include "contract.h"
#include "events.h"
#include "fake_store.h"
#include "json_out.h"
#include "wire.h"

static struct ctx ctx;

#define ID   "01900000-0000-7000-8000-000000000001"
#define TIME "2026-11-20T11:15:00.123Z"

static void reset(void)
{
    memset(&fake, 0, sizeof(fake));
}

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void its_routes_are_described(void **state)
{
    (void)state;
    contract_routes("order", api_routes, api_nroutes);
}

static void what_it_hears_is_described(void **state)
{
    (void)state;
    contract_hears(&ctx, "order", events_subscriptions, events_nsubscriptions, reset);
}

static void what_it_says_is_described(void **state)
{
    const char *types[ORDER_STATUSES];

    (void)state;
    for (int s = 0; s < ORDER_STATUSES; s++)
        types[s] = order_announcement((enum order_status)s);
    contract_says("order", "publishes", types, ORDER_STATUSES);
    contract_says("order", "streams", types, ORDER_STATUSES);
}

static struct order_line line = {.sku = "WB-MUG", .quantity = 2, .unit_price = 1200};

static struct order order_in(int status)
{
    return (struct order){
        .id = ID,
        .user_id = ID,
        .status = (enum order_status)status,
        .payment_method = "pm_ok",
        .currency = "EUR",
        .total = 2400,
        .lines = &line,
        .nlines = 1,
        .reason = status == ORDER_CANCELLED ? "cancelled by the customer" : "",
        .reservation_id = status == ORDER_PENDING ? "" : ID,
        .tracking_number = status == ORDER_SHIPPED ? "WB000000000001" : "",
        .version = status + 1,
        .created_at = TIME,
        .updated_at = TIME,
    };
}

static void what_it_writes_in_each_status_is_described(void **state)
{
    (void)state;
    for (int s = 0; s < ORDER_STATUSES; s++) {
        struct order o = order_in(s);
        struct json_out j = json_out_new(ctx.arena);

        contract_event(order_announcement(o.status), wire_announcement(&ctx, &o));
        wire_order(&j, NULL, &o);
        contract_answer("Order", json_out_text(&j));
        o.lines = NULL; /* as in a list */
        j = json_out_new(ctx.arena);
        wire_order(&j, NULL, &o);
        contract_answer("Order", json_out_text(&j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_routes_are_described),
        cmocka_unit_test(what_it_hears_is_described),
        cmocka_unit_test(what_it_says_is_described),
        cmocka_unit_test(what_it_writes_in_each_status_is_described),
    };

    return cmocka_run_group_tests_name("contract of order", tests, set_up, tear_down);
}
