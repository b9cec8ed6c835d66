/* test_inventory.c - the inventory service and contracts/ agree. */
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
    contract_routes("inventory", api_routes, api_nroutes);
}

static void what_it_hears_is_described(void **state)
{
    (void)state;
    contract_hears(&ctx, "inventory", events_subscriptions, events_nsubscriptions, reset);
}

static void what_it_says_is_described(void **state)
{
    const char *types[INVENTORY_STATES];

    (void)state;
    for (int s = 0; s < INVENTORY_STATES; s++)
        types[s] = inventory_announcement((enum inventory_state)s);
    contract_says("inventory", "publishes", types, INVENTORY_STATES);
}

static void what_it_says_in_each_state_is_described(void **state)
{
    (void)state;
    for (int s = INVENTORY_NONE + 1; s < INVENTORY_STATES; s++) {
        struct reservation r = reservation_new(ID);

        r.state = (enum inventory_state)s;
        r.user_id = r.shipment_id = r.reservation_id = ID;
        r.currency = "EUR";
        r.payment_method = "pm_ok";
        r.total = 2400;
        r.reason = "out of stock";
        r.refused_sku = "WB-MUG";
        r.tracking_number = "WB000000000001";
        contract_event(inventory_announcement(r.state), wire_announcement(&ctx, &r));
        r.refused_sku = r.reservation_id = "";
        if (r.state != INVENTORY_RESERVED) /* a tombstone has none */
            contract_event(inventory_announcement(r.state), wire_announcement(&ctx, &r));
    }
}

static void its_answers_are_described(void **state)
{
    const struct product p = {
        .sku = "WB-MUG",
        .name = "Mug",
        .currency = "EUR",
        .price = 1200,
        .shippable = true,
        .initial = 7,
        .restocked = 3,
        .dispatched = 1,
        .on_hand = 9,
        .reserved = 2,
        .updated_at = TIME,
    };
    struct json_out j = json_out_new(ctx.arena);

    (void)state;
    wire_product(&j, NULL, &p);
    contract_answer("Product", json_out_text(&j));
    j = json_out_new(ctx.arena);
    wire_stock(&j, NULL, &p);
    contract_answer("Stock", json_out_text(&j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_routes_are_described),
        cmocka_unit_test(what_it_hears_is_described),
        cmocka_unit_test(what_it_says_is_described),
        cmocka_unit_test(what_it_says_in_each_state_is_described),
        cmocka_unit_test(its_answers_are_described),
    };

    return cmocka_run_group_tests_name("contract of inventory", tests, set_up, tear_down);
}
