/* test_payment.c - the payment service and contracts/ agree. */
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
    contract_routes("payment", api_routes, api_nroutes);
}

static void what_it_hears_is_described(void **state)
{
    (void)state;
    contract_hears(&ctx, "payment", events_subscriptions, events_nsubscriptions, reset);
}

static void what_it_says_is_described(void **state)
{
    const char *types[PAYMENT_STATES];

    (void)state;
    for (int s = 0; s < PAYMENT_STATES; s++)
        types[s] = payment_announcement((enum payment_state)s);
    contract_says("payment", "publishes", types, PAYMENT_STATES);
}

static void what_it_writes_in_each_state_is_described(void **state)
{
    (void)state;
    for (int s = PAYMENT_NONE + 1; s < PAYMENT_STATES; s++) {
        const struct payment p = {
            .id = ID,
            .order_id = ID,
            .user_id = ID,
            .amount = 2400,
            .refunded = s == PAYMENT_REFUNDED ? 2400 : 0,
            .currency = "EUR",
            .method = s == PAYMENT_VOID ? "" : "pm_ok",
            .state = (enum payment_state)s,
            .reason = s == PAYMENT_FAILED ? "declined" : "",
            .created_at = TIME,
            .updated_at = TIME,
        };
        struct json_out j = json_out_new(ctx.arena);

        wire_payment(&j, NULL, &p);
        contract_answer("Payment", json_out_text(&j));
        if (payment_announcement(p.state))
            contract_event(payment_announcement(p.state), wire_announcement(&ctx, &p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_routes_are_described),
        cmocka_unit_test(what_it_hears_is_described),
        cmocka_unit_test(what_it_says_is_described),
        cmocka_unit_test(what_it_writes_in_each_state_is_described),
    };

    return cmocka_run_group_tests_name("contract of payment", tests, set_up, tear_down);
}
