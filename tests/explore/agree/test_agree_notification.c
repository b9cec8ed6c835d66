/* test_agree_notification.c - the model's notification service, and the one that ships. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agree.h"
#include "arena.h"
#include "fake_store.h"
#include "tests/explore/services.h"

static struct ctx ctx;

static void both_tell_of_each_event_once(void **state)
{
    (void)state;
    agree_on_routes(NOTIFICATION);
    for (int i = 0; i < ROUTES; i++) {
        struct saga s = {0};
        struct world w = {0};

        if (routes[i].to != NOTIFICATION)
            continue;
        memset(&fake, 0, sizeof(fake));
        for (int again = 0; again < 2; again++) {
            agree_receive(&ctx, routes[i].type);
            service_hear(&agree_scenario, &w, &s, &routes[i], false);
            assert_int_equal(s.told[routes[i].meaning], fake.n);
            assert_int_equal(fake.n, 1);
        }
    }
}

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_tell_of_each_event_once, setup, teardown),
    };

    return cmocka_run_group_tests_name("explore: the model's notification", tests, NULL, NULL);
}
