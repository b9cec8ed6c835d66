/* test_events.c - events as they arrive, through the subscriptions to a fake store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "events.h"
#include "fake_store.h"

#define ORDER_ID "01900000-0000-7000-8000-000000000001"

static struct ctx ctx;

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new()};
    fake.stored = true;
    fake.order = (struct order){.id = ORDER_ID,
                                .user_id = "u1",
                                .status = ORDER_PENDING,
                                .payment_method = "pm_ok",
                                .currency = "EUR",
                                .version = 1,
                                .reason = "",
                                .reservation_id = "",
                                .tracking_number = "",
                                .created_at = "",
                                .updated_at = ""};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static struct err receive(const char *type, int version, const char *data)
{
    const struct event e = {
        .id = "e1",
        .type = type,
        .version = version,
        .source = "somebody",
        .subject = ORDER_ID,
        .time = "2026-01-01T00:00:00.000Z",
        .causation_id = "e0",
        .data = json_in_parse(ctx.arena, data, strlen(data)),
    };

    return event_dispatch(&ctx, &e, events_subscriptions, events_nsubscriptions);
}

static void every_event_of_the_contract_is_understood(void **state)
{
    static const struct {
        const char *type, *data, *detail;
    } contract[] = {
        {"inventory.reserved",  "{\"order_id\":\"" ORDER_ID "\",\"reservation_id\":\"r1\"}",   "r1"      },
        {"inventory.failed",    "{\"order_id\":\"" ORDER_ID "\",\"reason\":\"out of stock\"}",
         "out of stock"                                                                                  },
        {"inventory.released",  "{\"order_id\":\"" ORDER_ID "\",\"reservation_id\":\"\"}",     ""        },
        {"payment.processed",   "{\"order_id\":\"" ORDER_ID "\",\"payment_id\":\"p1\"}",       "p1"      },
        {"payment.failed",      "{\"order_id\":\"" ORDER_ID "\",\"reason\":\"declined\"}",     "declined"},
        {"payment.refunded",    "{\"order_id\":\"" ORDER_ID "\",\"payment_id\":\"p1\"}",       "p1"      },
        {"shipment.dispatched", "{\"order_id\":\"" ORDER_ID "\",\"tracking_number\":\"t1\"}",  "t1"      },
        {"shipment.failed",     "{\"order_id\":\"" ORDER_ID "\",\"reason\":\"refused\"}",      "refused" },
    };

    (void)state;
    assert_int_equal(sizeof(contract) / sizeof(contract[0]), events_nsubscriptions);
    for (size_t i = 0; i < events_nsubscriptions; i++) {
        fake.nentries = 0;
        assert_int_equal(receive(contract[i].type, 1, contract[i].data).code, ERR_OK);
        assert_string_equal(fake.timeline[0].type, contract[i].type);
        assert_string_equal(fake.timeline[0].detail, contract[i].detail);
        assert_string_equal(fake.timeline[0].cause, "e0");
    }
}

static void members_that_we_do_not_know_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(receive("payment.processed", 1,
                             "{\"order_id\":\"" ORDER_ID "\",\"payment_id\":\"p1\",\"new\":[1]}")
                         .code,
                     ERR_OK);
    assert_int_equal(fake.order.status, ORDER_CONFIRMED);
}

static void an_unknown_type_or_version_is_refused(void **state)
{
    const char *data = "{\"order_id\":\"" ORDER_ID "\",\"payment_id\":\"p1\"}";

    (void)state;
    assert_int_equal(receive("payment.processed", 2, data).code, ERR_INVALID);
    assert_int_equal(receive("payment.forgotten", 1, data).code, ERR_INVALID);
    assert_int_equal(fake.nentries, 0);
}

static void data_about_another_order_than_the_subject_is_refused(void **state)
{
    struct err err = receive("payment.processed", 1,
                             "{\"order_id\":\"01900000-0000-7000-8000-000000000002\","
                             "\"payment_id\":\"p1\"}");

    (void)state;
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.msg, "order_id"));
    assert_int_equal(fake.order.status, ORDER_PENDING);
}

static void a_missing_member_is_named(void **state)
{
    struct err err = receive("payment.failed", 1, "{\"order_id\":\"" ORDER_ID "\"}");

    (void)state;
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.msg, "reason"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_of_the_contract_is_understood),
        TEST(members_that_we_do_not_know_are_ignored),
        TEST(an_unknown_type_or_version_is_refused),
        TEST(data_about_another_order_than_the_subject_is_refused),
        TEST(a_missing_member_is_named),
    };

    return cmocka_run_group_tests_name("order: events", tests, NULL, NULL);
}
