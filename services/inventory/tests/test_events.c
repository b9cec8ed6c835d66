/* test_events.c - events as they come from the broker, with a fake store behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "events.h"
#include "fake_store.h"

#define ORDER   "0193452c-7a11-7cc3-98c4-dc0c0c07398f"
#define ANOTHER "0193452c-7a11-7cc3-98c4-dc0c0c073990"
#define BUYER   ",\"user_id\":\"" ANOTHER "\",\"currency\":\"EUR\",\"total\":200"
#define METHOD  ",\"payment_method\":\"pm_ok\""
#define LINE    "{\"sku\":\"MUG\",\"quantity\":2,\"unit_price\":100}"

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake.products[0] = (struct product){
        .sku = "MUG", .currency = "EUR", .on_hand = 5, .initial = 5, .shippable = true};
    fake.nproducts = 1;
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* An event of ORDER whose data holds, after an order_id, what 'rest' says. */
static struct err receive(const char *type, const char *order_id, const char *rest)
{
    const char *text = arena_printf(
        ctx.arena,
        "{\"specversion\":\"1.0\",\"id\":\"e1\",\"type\":\"%s.v1\",\"source\":\"/waybill/order\","
        "\"subject\":\"" ORDER "\",\"time\":\"2026-11-20T11:15:00.123Z\","
        "\"datacontenttype\":\"application/json\",\"data\":{\"order_id\":\"%s\"%s}}",
        type, order_id, rest);
    struct event e;
    struct err err = event_parse(ctx.arena, text, strlen(text), &e);

    assert_int_equal(err.code, ERR_OK);
    return event_dispatch(&ctx, &e, events_subscriptions, events_nsubscriptions);
}

static void an_order_that_is_created_is_reserved(void **state)
{
    (void)state;
    assert_int_equal(
        receive("order.created", ORDER, BUYER METHOD ",\"lines\":[" LINE "],\"new\":1").code,
        ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_RESERVED);
    assert_string_equal(fake.reservation.user_id, ANOTHER);
    assert_int_equal(fake.reservation.total, 200);
    assert_int_equal(fake.products[0].reserved, 2);
}

static void an_order_that_is_confirmed_is_shipped(void **state)
{
    (void)state;
    assert_int_equal(receive("order.created", ORDER, BUYER METHOD ",\"lines\":[" LINE "]").code,
                     ERR_OK);
    assert_int_equal(receive("order.confirmed", ORDER, BUYER).code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_DISPATCHED);
}

static void an_order_that_is_being_cancelled_is_released(void **state)
{
    (void)state;
    assert_int_equal(receive("order.cancelling", ORDER, BUYER ",\"reason\":\"\"").code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_RELEASED);
    assert_string_equal(fake.reservation.order_id, ORDER);
}

static void an_order_must_be_the_subject_of_its_event(void **state)
{
    static const char *const types[] = {"order.created", "order.cancelling", "order.confirmed"};

    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct err err = receive(types[i], ANOTHER, BUYER METHOD ",\"lines\":[" LINE "]");

        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.msg, "order_id must be the event's subject"));
    }
    assert_int_equal(fake.saves + fake.npublished, 0);
}

static void refused(const char *rest, const char *msg)
{
    struct err err = receive("order.created", ORDER, rest);

    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, msg);
    assert_int_equal(fake.saves + fake.npublished, 0);
}

static void refused_lines(const char *lines, const char *msg)
{
    refused(arena_printf(ctx.arena, BUYER METHOD ",\"lines\":[%s]", lines), msg);
}

static void an_event_that_makes_no_sense_is_refused_by_what_is_wrong(void **state)
{
    (void)state;
    refused(METHOD ",\"lines\":[" LINE "]", "missing member data.user_id");
    refused(BUYER ",\"lines\":[" LINE "]", "missing member data.payment_method");
    refused(BUYER METHOD, "missing member data.lines");
    refused_lines("", "data.lines must have 1 to 50 entries");
    refused_lines("{\"sku\":\"MUG\",\"quantity\":0}",
                  "data.lines[0].quantity must be between 1 and 1000");
    refused_lines("{\"sku\":\"MUG\",\"quantity\":1001}",
                  "data.lines[0].quantity must be between 1 and 1000");
    refused_lines("{\"sku\":\"\",\"quantity\":1}", "data.lines[0].sku must be 1 to 64 bytes long");
    refused_lines(LINE "," LINE, "lines[1].sku: MUG is in an earlier line already");
}

static void an_event_of_no_concern_is_refused(void **state)
{
    (void)state;
    assert_int_equal(receive("order.shipped", ORDER, BUYER).code, ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_that_is_created_is_reserved),
        TEST(an_order_that_is_confirmed_is_shipped),
        TEST(an_order_that_is_being_cancelled_is_released),
        TEST(an_order_must_be_the_subject_of_its_event),
        TEST(an_event_that_makes_no_sense_is_refused_by_what_is_wrong),
        TEST(an_event_of_no_concern_is_refused),
    };

    return cmocka_run_group_tests_name("inventory: events", tests, NULL, NULL);
}
