/* test_usecases.c - the operations of the order service against fakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "ctx.h"
#include "fake_store.h"
#include "usecases.h"

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static struct err place(struct order *o)
{
    static struct order_line lines[2];

    lines[0] = (struct order_line){.sku = "WB-MUG", .quantity = 2};
    lines[1] = (struct order_line){.sku = "WB-TEE", .quantity = 1};
    *o = (struct order){.user_id = "u1", .payment_method = "pm_ok", .lines = lines, .nlines = 2};
    return order_place(&ctx, o);
}

static struct err hear(enum order_event event, const char *event_id, const char *detail)
{
    return order_hear(&ctx, &(struct order_news){
                                .order_id = fake.order.id,
                                .event = event,
                                .reservation_id = event == ORDER_RESERVED ? "r1" : "",
                                .tracking_number = event == ORDER_DISPATCHED ? "WB1" : "",
                                .detail = detail,
                                .event_id = event_id,
                                .type = "some.thing",
                                .source = "somebody",
                                .time = "2026-01-01T00:00:01.000Z",
                                .cause = "e0",
                            });
}

static void placing_an_order_prices_it_and_announces_it(void **state)
{
    struct order o;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(fake.order.total, 300);
    assert_int_equal(fake.order.status, ORDER_PENDING);
    assert_int_equal(fake.npublished, 1);
    assert_string_equal(fake.published[0], "order.created");
    assert_non_null(strstr(fake.data, "\"lines\":[{\"sku\":\"WB-MUG\",\"quantity\":2"));
    assert_int_equal(fake.nentries, 1);
    assert_string_equal(fake.timeline[0].cause, "customer");
}

static void a_repeated_sku_is_refused_and_nothing_is_stored(void **state)
{
    struct order_line lines[] = {
        {.sku = "A", .quantity = 1},
        {.sku = "A", .quantity = 2},
    };
    struct order o = {.user_id = "u1", .lines = lines, .nlines = 2};
    struct err err = order_place(&ctx, &o);

    (void)state;
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, "lines[1].sku: A is in an earlier line already");
    assert_false(fake.stored);
}

static void nothing_is_stored_while_prices_cannot_be_had(void **state)
{
    struct order o;

    (void)state;
    fake.prices = (struct err){ERR_UNAVAILABLE, "inventory does not answer"};
    assert_int_equal(place(&o).code, ERR_UNAVAILABLE);
    fake.prices = OK;
    fake.user = (struct err){ERR_UNAVAILABLE, "user does not answer"};
    assert_int_equal(place(&o).code, ERR_UNAVAILABLE);
    assert_false(fake.stored);
    assert_int_equal(fake.npublished, 0);
}

static void a_full_outbox_refuses_new_orders_but_not_the_end_of_an_old_one(void **state)
{
    struct order o, out;

    (void)state;
    fake.room = (struct err){ERR_UNAVAILABLE, "full"};
    assert_int_equal(place(&o).code, ERR_UNAVAILABLE);
    assert_false(fake.stored);
    fake.room = OK;
    assert_int_equal(place(&o).code, ERR_OK);
    fake.room = (struct err){ERR_UNAVAILABLE, "full"};
    assert_int_equal(order_cancel(&ctx, fake.order.id, "u1", &out).code, ERR_OK);
    assert_int_equal(out.status, ORDER_CANCELLING);
}

static void the_good_path_ends_shipped_and_each_step_is_in_the_timeline(void **state)
{
    struct order o;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(hear(ORDER_RESERVED, "e1", "r1").code, ERR_OK);
    assert_string_equal(fake.order.reservation_id, "r1");
    assert_int_equal(hear(ORDER_PAID, "e2", "p1").code, ERR_OK);
    assert_int_equal(hear(ORDER_DISPATCHED, "e3", "WB1").code, ERR_OK);
    assert_int_equal(fake.order.status, ORDER_SHIPPED);
    assert_string_equal(fake.order.tracking_number, "WB1");
    assert_int_equal(fake.order.version, 3);
    assert_int_equal(fake.npublished, 3);
    assert_string_equal(fake.published[1], "order.confirmed");
    assert_string_equal(fake.published[2], "order.shipped");
    assert_true(fake.optional);
    /* created, reserved, paid, confirmed, dispatched, shipped */
    assert_int_equal(fake.nentries, 6);
    assert_string_equal(fake.timeline[3].cause, "e2");
}

static void what_changes_nothing_is_noted_and_not_announced(void **state)
{
    struct order o;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(hear(ORDER_REFUNDED, "e1", "p1").code, ERR_OK);
    assert_int_equal(hear(ORDER_DISPATCHED, "e2", "WB1").code, ERR_OK);
    assert_int_equal(fake.order.status, ORDER_PENDING);
    assert_int_equal(fake.npublished, 1);
    assert_int_equal(fake.nentries, 3);
}

static void an_event_of_an_unknown_order_is_refused(void **state)
{
    (void)state;
    fake.order.id = "nobody's";
    assert_int_equal(hear(ORDER_PAID, "e1", "p1").code, ERR_NOT_FOUND);
    assert_int_equal(fake.npublished, 0);
}

static void a_customer_may_cancel_more_than_once(void **state)
{
    struct order o, out;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(order_cancel(&ctx, o.id, "u1", &out).code, ERR_OK);
    assert_int_equal(out.status, ORDER_CANCELLING);
    assert_int_equal(order_cancel(&ctx, o.id, "u1", &out).code, ERR_OK);
    assert_int_equal(fake.npublished, 2);
    assert_string_equal(fake.published[1], "order.cancelling");
    assert_string_equal(fake.order.reason, "cancelled by the customer");
}

static void an_operator_cancels_in_their_own_name(void **state)
{
    struct order o, out;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(order_cancel(&ctx, o.id, NULL, &out).code, ERR_OK);
    assert_string_equal(fake.order.reason, "cancelled by an operator");
    assert_string_equal(fake.timeline[1].cause, "operator");
}

static void another_customers_order_cannot_be_cancelled(void **state)
{
    struct order o, out;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(order_cancel(&ctx, o.id, "u2", &out).code, ERR_NOT_FOUND);
    assert_int_equal(fake.order.status, ORDER_PENDING);
}

static void a_shipped_order_cannot_be_cancelled(void **state)
{
    struct order o, out;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    fake.order.status = ORDER_SHIPPED;
    assert_int_equal(order_cancel(&ctx, o.id, "u1", &out).code, ERR_CONFLICT);
    assert_int_equal(fake.npublished, 1);
}

static void a_payment_that_comes_after_the_cancellation_confirms_nothing(void **state)
{
    struct order o, out;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(order_cancel(&ctx, o.id, "u1", &out).code, ERR_OK);
    assert_int_equal(hear(ORDER_PAID, "e1", "p1").code, ERR_OK);
    assert_int_equal(fake.order.status, ORDER_CANCELLING);
    assert_int_equal(hear(ORDER_RELEASED, "e2", "").code, ERR_OK);
    assert_int_equal(fake.order.status, ORDER_CANCELLED);
    assert_string_equal(fake.published[2], "order.cancelled");
}

static void a_saga_past_its_deadline_is_cancelled(void **state)
{
    struct order o;
    size_t n;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    fake.expired = true;
    assert_int_equal(order_expire(&ctx, 10, &n).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(fake.order.status, ORDER_CANCELLING);
    assert_string_equal(fake.order.reason, "not finished in time");
    assert_string_equal(fake.timeline[1].cause, "deadline");
}

static void a_cancellation_without_an_answer_is_asked_about_again_and_is_no_news(void **state)
{
    struct order o, out;
    size_t n;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(order_cancel(&ctx, o.id, "u1", &out).code, ERR_OK);
    fake.expired = true;
    assert_int_equal(order_expire(&ctx, 10, &n).code, ERR_OK);
    assert_int_equal(fake.npublished, 3);
    assert_string_equal(fake.published[2], "order.cancelling");
    assert_int_equal(fake.order.version, 2);
    assert_int_equal(fake.nentries, 2);
    assert_int_equal(fake.asked, 1);
}

static void payment_is_asked_again_until_it_says_that_it_keeps_nothing(void **state)
{
    struct order o, out;
    size_t n;

    (void)state;
    assert_int_equal(place(&o).code, ERR_OK);
    assert_int_equal(order_cancel(&ctx, o.id, "u1", &out).code, ERR_OK);
    assert_int_equal(hear(ORDER_RELEASED, "e1", "").code, ERR_OK);
    fake.expired = true;
    assert_int_equal(order_expire(&ctx, 10, &n).code, ERR_OK);
    assert_string_equal(fake.published[fake.npublished - 1], "order.cancelled");
    assert_false(fake.order.settled);
    assert_int_equal(hear(ORDER_REFUNDED, "e2", "p1").code, ERR_OK);
    assert_true(fake.order.settled);
    assert_int_equal(fake.order.status, ORDER_CANCELLED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(placing_an_order_prices_it_and_announces_it),
        TEST(a_repeated_sku_is_refused_and_nothing_is_stored),
        TEST(nothing_is_stored_while_prices_cannot_be_had),
        TEST(a_full_outbox_refuses_new_orders_but_not_the_end_of_an_old_one),
        TEST(the_good_path_ends_shipped_and_each_step_is_in_the_timeline),
        TEST(what_changes_nothing_is_noted_and_not_announced),
        TEST(an_event_of_an_unknown_order_is_refused),
        TEST(a_customer_may_cancel_more_than_once),
        TEST(an_operator_cancels_in_their_own_name),
        TEST(another_customers_order_cannot_be_cancelled),
        TEST(a_shipped_order_cannot_be_cancelled),
        TEST(a_payment_that_comes_after_the_cancellation_confirms_nothing),
        TEST(a_saga_past_its_deadline_is_cancelled),
        TEST(a_cancellation_without_an_answer_is_asked_about_again_and_is_no_news),
        TEST(payment_is_asked_again_until_it_says_that_it_keeps_nothing),
    };

    return cmocka_run_group_tests_name("order: use-cases", tests, NULL, NULL);
}
