/* test_notification.c - the texts, and the pauses between attempts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "notification.h"

#define ORDER "0193b9a0-0000-7000-8000-000000000001"

static char subject[NOTIFICATION_MAX_SUBJECT + 1], body[NOTIFICATION_MAX_BODY + 1];

static struct notification_facts facts_of(const char *kind)
{
    return (struct notification_facts){
        .kind = kind,
        .order_id = ORDER,
        .currency = "EUR",
        .total = 1299,
        .reason = "out of stock",
        .tracking_number = "WB123",
    };
}

static void write_text(const struct notification_facts *facts)
{
    assert_true(notification_write(facts, subject, body));
}

static void every_event_of_an_order_has_a_text_that_names_it(void **state)
{
    static const char *const kinds[] = {"order.created", "order.confirmed", "order.shipped",
                                        "order.cancelling", "order.cancelled"};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct notification_facts facts = facts_of(kinds[i]);

        write_text(&facts);
        assert_non_null(strstr(subject, ORDER));
        assert_true(strlen(body) > 20);
        assert_null(strchr(subject, '{'));
        assert_null(strchr(body, '{'));
    }
}

static void what_is_no_event_of_an_order_has_no_text(void **state)
{
    struct notification_facts facts = facts_of("order.dreamt");

    (void)state;
    assert_false(notification_write(&facts, subject, body));
}

static void a_text_holds_the_facts(void **state)
{
    struct notification_facts facts = facts_of("order.shipped");

    (void)state;
    write_text(&facts);
    assert_string_equal(subject, "Your order " ORDER " is on its way");
    assert_non_null(strstr(body, "tracking number is WB123."));
    facts = facts_of("order.cancelled");
    write_text(&facts);
    assert_string_equal(body, "Reason: out of stock. If you have paid, you will get your 12.99 EUR"
                              " back.");
}

static void a_fact_that_is_missing_says_so(void **state)
{
    struct notification_facts facts = facts_of("order.cancelling");

    (void)state;
    facts.reason = "";
    write_text(&facts);
    assert_non_null(strstr(body, "Reason: not given."));
}

static void a_fact_is_never_taken_for_a_field(void **state)
{
    struct notification_facts facts = facts_of("order.cancelled");

    (void)state;
    facts.reason = "{total} {order} %s %n";
    write_text(&facts);
    assert_non_null(strstr(body, "Reason: {total} {order} %s %n. If"));
}

static void a_subject_holds_nothing_that_a_stranger_wrote(void **state)
{
    static const char *const kinds[] = {"order.created", "order.confirmed", "order.shipped",
                                        "order.cancelling", "order.cancelled"};

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct notification_facts facts = facts_of(kinds[i]);

        facts.reason = facts.tracking_number = "x\r\nBcc: everybody";
        write_text(&facts);
        assert_null(strstr(subject, "Bcc"));
    }
}

static void money_has_as_many_decimals_as_its_currency(void **state)
{
    static const struct {
        int64_t total;
        const char *currency, *text;
    } sums[] = {
        {0,                "EUR", " 0.00 EUR."             },
        {5,                "EUR", " 0.05 EUR."             },
        {123456,           "USD", " 1234.56 USD."          },
        {1500,             "JPY", " 1500 JPY."             },
        {1500,             "KWD", " 1.500 KWD."            },
        {9007199254740991, "EUR", " 90071992547409.91 EUR."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        struct notification_facts facts = facts_of("order.created");

        facts.total = sums[i].total;
        facts.currency = sums[i].currency;
        write_text(&facts);
        assert_non_null(strstr(body, sums[i].text));
    }
}

static void the_longest_facts_fit_and_longer_ones_are_cut(void **state)
{
    char reason[2 * NOTIFICATION_MAX_BODY];
    struct notification_facts facts = facts_of("order.cancelled");

    (void)state;
    memset(reason, 'r', sizeof(reason));
    reason[NOTIFICATION_MAX_FACT] = '\0';
    facts.reason = reason;
    facts.total = INT64_MAX;
    write_text(&facts);
    assert_non_null(strstr(body, "EUR back."));
    reason[NOTIFICATION_MAX_FACT] = 'r';
    reason[sizeof(reason) - 1] = '\0';
    write_text(&facts);
    assert_int_equal(strlen(body), NOTIFICATION_MAX_BODY);
}

static void pauses_double_up_to_a_minute(void **state)
{
    (void)state;
    assert_int_equal(notification_delay_ms(1), 1000);
    assert_int_equal(notification_delay_ms(2), 2000);
    assert_int_equal(notification_delay_ms(6), 32000);
    assert_int_equal(notification_delay_ms(7), 60000);
    assert_int_equal(notification_delay_ms(1000000000000), 60000);
    assert_int_equal(notification_delay_ms(0), 1000);
}

static void every_state_is_found_by_its_name(void **state)
{
    enum notification_state s = NOTIFICATION_PENDING;

    (void)state;
    for (int i = 0; i < NOTIFICATION_STATES; i++) {
        assert_true(
            notification_state_parse(notification_state_name((enum notification_state)i), &s));
        assert_int_equal(s, i);
    }
    assert_false(notification_state_parse("LOST", &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_of_an_order_has_a_text_that_names_it),
        cmocka_unit_test(what_is_no_event_of_an_order_has_no_text),
        cmocka_unit_test(a_text_holds_the_facts),
        cmocka_unit_test(a_fact_that_is_missing_says_so),
        cmocka_unit_test(a_fact_is_never_taken_for_a_field),
        cmocka_unit_test(a_subject_holds_nothing_that_a_stranger_wrote),
        cmocka_unit_test(money_has_as_many_decimals_as_its_currency),
        cmocka_unit_test(the_longest_facts_fit_and_longer_ones_are_cut),
        cmocka_unit_test(pauses_double_up_to_a_minute),
        cmocka_unit_test(every_state_is_found_by_its_name),
    };

    return cmocka_run_group_tests_name("notification", tests, NULL, NULL);
}
