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
#define BUYER   ",\"user_id\":\"" ANOTHER "\",\"currency\":\"EUR\""
#define TOTAL   ",\"total\":700"
#define METHOD  ",\"payment_method\":\"pm_ok\""

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

static void a_reservation_is_to_be_charged(void **state)
{
    (void)state;
    assert_int_equal(
        receive("inventory.reserved", ORDER, BUYER TOTAL METHOD ",\"reservation_id\":\"r1\"").code,
        ERR_OK);
    assert_int_equal(fake.payment.state, PAYMENT_CHARGING);
    assert_string_equal(fake.payment.order_id, ORDER);
    assert_string_equal(fake.payment.user_id, ANOTHER);
    assert_int_equal(fake.payment.amount, 700);
    assert_string_equal(fake.payment.currency, "EUR");
    assert_string_equal(fake.payment.method, "pm_ok");
}

static void a_cancelled_order_is_owed_nothing(void **state)
{
    (void)state;
    assert_int_equal(receive("order.cancelled", ORDER,
                             BUYER TOTAL ",\"version\":3,\"reservation_id\":\"\","
                                         "\"reason\":\"not finished in time\"")
                         .code,
                     ERR_OK);
    assert_int_equal(fake.payment.state, PAYMENT_VOID);
    assert_string_equal(fake.payment.order_id, ORDER);
    assert_string_equal(fake.payment.reason, "not finished in time");
}

static void a_cancellation_needs_no_reason(void **state)
{
    (void)state;
    assert_int_equal(receive("order.cancelled", ORDER, BUYER TOTAL).code, ERR_OK);
    assert_string_equal(fake.payment.reason, "");
}

static void an_order_must_be_the_subject_of_its_event(void **state)
{
    (void)state;
    for (size_t i = 0; i < events_nsubscriptions; i++) {
        struct err err = receive(events_subscriptions[i].type, ANOTHER, BUYER TOTAL METHOD);

        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.msg, "order_id must be the event's subject"));
    }
    assert_false(fake.stored);
}

static void refused(const char *rest, const char *msg)
{
    struct err err = receive("inventory.reserved", ORDER, rest);

    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, msg);
    assert_false(fake.stored);
}

static void an_event_that_makes_no_sense_is_refused_by_what_is_wrong(void **state)
{
    (void)state;
    refused(TOTAL METHOD, "missing member data.user_id");
    refused(BUYER METHOD, "missing member data.total");
    refused(BUYER TOTAL, "missing member data.payment_method");
    refused(BUYER METHOD ",\"total\":-1", "data.total must be between 0 and 9000000000000");
    refused(BUYER METHOD ",\"total\":1.5", "data.total must be a whole number");
    refused(BUYER TOTAL ",\"payment_method\":\"\"",
            "data.payment_method must be 1 to 64 bytes long");
}

static void an_event_of_no_concern_is_refused(void **state)
{
    (void)state;
    assert_int_equal(receive("order.confirmed", ORDER, BUYER TOTAL).code, ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reservation_is_to_be_charged),
        TEST(a_cancelled_order_is_owed_nothing),
        TEST(a_cancellation_needs_no_reason),
        TEST(an_order_must_be_the_subject_of_its_event),
        TEST(an_event_that_makes_no_sense_is_refused_by_what_is_wrong),
        TEST(an_event_of_no_concern_is_refused),
    };

    return cmocka_run_group_tests_name("payment events", tests, NULL, NULL);
}
