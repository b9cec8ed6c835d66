/* test_order.c - the life cycle of an order, every status against every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "order.h"

enum {
    P = ORDER_PENDING,
    C = ORDER_CONFIRMED,
    G = ORDER_CANCELLING,
    S = ORDER_SHIPPED,
    X = ORDER_CANCELLED,
};

/* One row an event, one column a status: what the status becomes. */
static const struct {
    enum order_event event;
    int becomes[ORDER_STATUSES];
} expected[] = {
  /* from:               P  C  G  S  X */
    {ORDER_RESERVED,     {P, C, G, S, X}},
    {ORDER_OUT_OF_STOCK, {X, C, G, S, X}},
    {ORDER_RELEASED,     {P, C, X, S, X}},
    {ORDER_PAID,         {C, C, G, S, X}},
    {ORDER_DECLINED,     {G, C, G, S, X}},
    {ORDER_REFUNDED,     {P, C, G, S, X}},
    {ORDER_DISPATCHED,   {P, S, S, S, X}},
    {ORDER_UNSHIPPABLE,  {P, X, G, S, X}},
    {ORDER_CANCEL_ASKED, {G, G, G, S, X}},
    {ORDER_EXPIRED,      {G, G, G, S, X}},
};

static void every_event_in_every_status_has_one_outcome(void **state)
{
    (void)state;
    assert_int_equal(sizeof(expected) / sizeof(expected[0]), ORDER_EVENTS);
    for (int e = 0; e < ORDER_EVENTS; e++) {
        assert_int_equal(expected[e].event, e);
        for (int s = 0; s < ORDER_STATUSES; s++)
            assert_int_equal(order_next((enum order_status)s, (enum order_event)e),
                             expected[e].becomes[s]);
    }
}

static void an_order_that_is_over_never_changes(void **state)
{
    (void)state;
    for (int e = 0; e < ORDER_EVENTS; e++)
        for (int s = 0; s < ORDER_STATUSES; s++)
            if (order_is_over((enum order_status)s))
                assert_int_equal(order_next((enum order_status)s, (enum order_event)e), s);
}

static void each_change_of_status_counts_once(void **state)
{
    struct order o = {.status = ORDER_PENDING, .version = 1, .reason = ""};

    (void)state;
    assert_true(order_apply(&o, ORDER_PAID, "p1"));
    assert_false(order_apply(&o, ORDER_PAID, "p1"));
    assert_int_equal(o.version, 2);
    assert_string_equal(o.reason, "");
}

static void the_first_reason_of_a_cancellation_stays(void **state)
{
    struct order o = {.status = ORDER_PENDING, .version = 1, .reason = ""};

    (void)state;
    assert_true(order_apply(&o, ORDER_DECLINED, "card_declined"));
    assert_true(order_apply(&o, ORDER_RELEASED, ""));
    assert_int_equal(o.status, ORDER_CANCELLED);
    assert_string_equal(o.reason, "card_declined");
}

static void a_cancellation_that_came_too_late_leaves_no_reason(void **state)
{
    struct order o = {.status = ORDER_CONFIRMED, .version = 2, .reason = ""};

    (void)state;
    assert_true(order_apply(&o, ORDER_CANCEL_ASKED, "cancelled by the customer"));
    assert_true(order_apply(&o, ORDER_DISPATCHED, "WB1"));
    assert_int_equal(o.status, ORDER_SHIPPED);
    assert_string_equal(o.reason, "");
}

static void a_status_survives_its_name(void **state)
{
    enum order_status s;

    (void)state;
    for (int i = 0; i < ORDER_STATUSES; i++) {
        assert_true(order_status_parse(order_status_name((enum order_status)i), &s));
        assert_int_equal(s, i);
    }
    assert_false(order_status_parse("pending", &s));
    assert_false(order_status_parse("", &s));
}

static void the_total_is_the_sum_of_the_lines_to_the_cent(void **state)
{
    struct order_line lines[] = {
        {"A", 2,                  150            },
        {"B", ORDER_MAX_QUANTITY, ORDER_MAX_PRICE},
    };
    struct order o = {.lines = lines, .nlines = 2};

    (void)state;
    order_compute_total(&o);
    assert_int_equal(o.total, 300 + INT64_C(1000000000000));
}

static void a_repeated_sku_is_found(void **state)
{
    struct order_line lines[] = {
        {"A", 1, 0},
        {"B", 1, 0},
        {"A", 1, 0},
    };
    struct order o = {.lines = lines, .nlines = 3};

    (void)state;
    assert_int_equal(order_repeated_line(&o), 2);
    o.nlines = 2;
    assert_int_equal(order_repeated_line(&o), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_status_has_one_outcome),
        cmocka_unit_test(an_order_that_is_over_never_changes),
        cmocka_unit_test(each_change_of_status_counts_once),
        cmocka_unit_test(the_first_reason_of_a_cancellation_stays),
        cmocka_unit_test(a_cancellation_that_came_too_late_leaves_no_reason),
        cmocka_unit_test(a_status_survives_its_name),
        cmocka_unit_test(the_total_is_the_sum_of_the_lines_to_the_cent),
        cmocka_unit_test(a_repeated_sku_is_found),
    };

    return cmocka_run_group_tests_name("order: domain", tests, NULL, NULL);
}
