/* test_agree_order.c - the model's order service, and the one that ships. */
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
#include "usecases.h"

enum { VERSION = 3 };

static struct ctx ctx;

static void put_row(const struct saga *s)
{
    memset(&fake, 0, sizeof(fake));
    fake.stored = true;
    fake.order = (struct order){
        .id = AGREE_ORDER,
        .user_id = AGREE_USER,
        .status = (enum order_status)s->status,
        .version = s->version,
        .settled = s->settled,
        .payment_method = "pm_ok",
        .currency = "EUR",
        .reason = "",
        .reservation_id = "",
        .tracking_number = "",
        .created_at = "",
        .updated_at = "",
    };
}

static void compare(const char *what, const struct saga *model, const struct bag *published)
{
    assert_int_equal(model->status, fake.order.status);
    assert_int_equal(model->version, fake.order.version);
    assert_int_equal(model->settled, fake.order.settled);
    agree_on_bags(what, &model->bag, published);
}

static void compare_news(const char *what, const struct saga *model)
{
    const struct bag published = agree_published(fake.published, fake.npublished);

    compare(what, model, &published);
}

static struct saga row(int status, int settled)
{
    return (struct saga){
        .status = (uint8_t)status, .version = VERSION, .settled = (uint8_t)settled};
}

static void both_hear_the_same(void **state)
{
    (void)state;
    agree_on_routes(ORDER);
    for (int i = 0; i < ROUTES * ORDER_STATUSES * 2; i++) {
        const struct route *r = &routes[i / 2 / ORDER_STATUSES];
        struct saga s = row(i / 2 % ORDER_STATUSES, i % 2);
        struct world w = {0};

        if (r->to != ORDER)
            continue;
        put_row(&s);
        agree_receive(&ctx, r->type);
        service_hear(&agree_scenario, &w, &s, r, false);
        compare_news(r->type, &s);
    }
}

static void both_begin_alike(void **state)
{
    struct order_line line = {"ITEM", 1, 1};
    struct order o = {
        .user_id = AGREE_USER, .payment_method = "pm_ok", .lines = &line, .nlines = 1};
    const struct world w = world_begin(&agree_scenario);

    (void)state;
    memset(&fake, 0, sizeof(fake));
    assert_int_equal(order_place(&ctx, &o).code, ERR_OK);
    compare_news("order_place", &w.sagas[0]);
}

static void both_cancel_alike(void **state)
{
    struct order o;

    (void)state;
    for (int i = 0; i < ORDER_STATUSES; i++) {
        struct saga s = row(i, 0);
        struct err err;

        put_row(&s);
        err = order_cancel(&ctx, AGREE_ORDER, AGREE_USER, &o);
        assert_int_equal(err.code, i == ORDER_SHIPPED ? ERR_CONFLICT : ERR_OK);
        order_cancels(&agree_scenario, &s);
        compare_news("order_cancel", &s);
    }
}

static void both_are_impatient_alike(void **state)
{
    struct scenario sc = agree_scenario;

    (void)state;
    sc.losses = true;
    for (int i = 0; i < ORDER_STATUSES * 2; i++) {
        struct saga s = row(i / 2, i % 2);
        struct bag repeated;
        size_t n;

        put_row(&s);
        fake.expired = order_expires(&sc, &s); /* else its store does not find it */
        assert_int_equal(order_expire(&ctx, 1, &n).code, ERR_OK);
        repeated = agree_repeated(fake.published, fake.npublished);
        if (s.version == VERSION)
            compare("order_expire", &s, &repeated); /* a question that is repeated is no news */
        else
            compare_news("order_expire", &s);
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
        cmocka_unit_test_setup_teardown(both_hear_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(both_begin_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(both_cancel_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(both_are_impatient_alike, setup, teardown),
    };

    return cmocka_run_group_tests_name("explore: the model's order service", tests, NULL, NULL);
}
