/* test_notification.c - the notification service and contracts/ agree. */
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
    contract_routes("notification", api_routes, api_nroutes);
}

static void what_it_hears_is_described(void **state)
{
    (void)state;
    contract_hears(&ctx, "notification", events_subscriptions, events_nsubscriptions, reset);
}

static void its_answers_are_described(void **state)
{
    (void)state;
    for (int s = 0; s < NOTIFICATION_STATES; s++) {
        const struct notification n = {
            .id = ID,
            .order_id = ID,
            .kind = "order.shipped",
            .subject = "Your order is on its way",
            .body = "Its tracking number is WB000000000001.",
            .state = (enum notification_state)s,
            .created_at = TIME,
            .sent_at = s == NOTIFICATION_SENT ? TIME : NULL,
        };
        struct json_out j = json_out_new(ctx.arena);

        wire_notification(&j, NULL, &n);
        contract_answer("Notification", json_out_text(&j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_routes_are_described),
        cmocka_unit_test(what_it_hears_is_described),
        cmocka_unit_test(its_answers_are_described),
    };

    return cmocka_run_group_tests_name("contract of notification", tests, set_up, tear_down);
}
