/* test_planted_bugs.c - the search finds a mistake when there is one, and the way to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "print.h"
#include "search.h"

enum { MOST_STATES = 3000000 };

/* Nothing is left out, so that the trace is a shortest one. */
static void must_find(const struct scenario *sc, const char *violated, size_t steps)
{
    struct search_result r;

    search(&(struct search_options){sc, REDUCE_NOTHING, MOST_STATES}, &r);
    print_counts(sc, &r);
    if (r.violated)
        print_trace(sc, &r);
    assert_non_null(r.violated);
    assert_string_equal(r.violated, violated);
    assert_int_equal(r.trace_len, steps);
}

static struct scenario with(enum bug bug, const char *name)
{
    return (struct scenario){
        .name = name,
        .orders = 1,
        .stock = 1,
        .workers = 1,
        .max_attempts = 2,
        .inbox = true,
        .copies = 1,
        .bug = bug,
    };
}

static void without_its_tombstone_inventory_reserves_for_a_cancelled_order(void **state)
{
    const struct scenario sc = with(BUG_INVENTORY_TOMBSTONE, "no tombstone in inventory");

    (void)state;
    must_find(&sc, "nothing_stays_reserved", 12);
}

static void without_its_tombstone_payment_charges_a_cancelled_order(void **state)
{
    const struct scenario sc = with(BUG_PAYMENT_TOMBSTONE, "no tombstone in payment");

    (void)state;
    must_find(&sc, "a_settled_order_keeps_nothing", 9);
}

static void without_its_inbox_notification_tells_twice(void **state)
{
    const struct scenario sc = with(BUG_INBOX, "no inbox");

    (void)state;
    must_find(&sc, "no_event_is_told_twice", 2);
}

static void a_forgotten_refund_is_missed(void **state)
{
    const struct scenario sc = with(BUG_REFUND, "no refund");

    (void)state;
    must_find(&sc, "what_is_kept_is_what_was_shipped", 13);
}

static void without_an_idempotency_key_a_retry_charges_twice(void **state)
{
    const struct scenario sc = with(BUG_IDEMPOTENCY_KEY, "no idempotency key");

    (void)state;
    must_find(&sc, "no_order_is_charged_twice", 7);
}

static void stock_that_is_checked_before_it_is_locked_is_sold_twice(void **state)
{
    struct scenario sc = with(BUG_CHECK_THEN_ACT, "check, then act");

    (void)state;
    sc.orders = 2;
    must_find(&sc, "available_is_never_negative", 4);
}

static void goods_that_ship_unchecked_leave_after_their_release(void **state)
{
    const struct scenario sc = with(BUG_SHIP_UNCHECKED, "ships unchecked");

    (void)state;
    must_find(&sc, "available_is_never_negative", 9);
}

static void an_event_published_after_the_commit_gets_lost(void **state)
{
    const struct scenario sc = with(BUG_DUAL_WRITE, "no outbox");

    (void)state;
    must_find(&sc, "every_order_is_over", 3);
}

static void an_event_acknowledged_before_the_commit_gets_lost(void **state)
{
    const struct scenario sc = with(BUG_EARLY_ACK, "early acknowledgement");

    (void)state;
    must_find(&sc, "every_order_is_over", 2);
}

static void a_lost_answer_is_no_refusal(void **state)
{
    const struct scenario sc = with(BUG_SILENCE_IS_NO, "silence taken for a no");

    (void)state;
    must_find(&sc, "our_books_are_the_providers", 5);
}

static void a_cancellation_that_does_not_ask_inventory_leaves_goods_reserved(void **state)
{
    const struct scenario sc = with(BUG_NO_PIVOT, "cancels at once");

    (void)state;
    must_find(&sc, "nothing_stays_reserved", 9);
}

/* These two are what chaos found first: docs/patterns/saga.md. */

static void a_question_that_is_asked_once_may_never_be_answered(void **state)
{
    struct scenario sc = with(BUG_ASK_ONCE, "asks once");

    (void)state;
    sc.losses = true;
    must_find(&sc, "every_order_is_over", 5);
}

static void a_silence_cannot_be_told_from_a_lost_answer(void **state)
{
    struct scenario sc = with(BUG_SILENT_VOID, "no answer where nothing was charged");

    (void)state;
    sc.losses = true;
    must_find(&sc, "every_state_can_become_quiet", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_its_tombstone_inventory_reserves_for_a_cancelled_order),
        cmocka_unit_test(without_its_tombstone_payment_charges_a_cancelled_order),
        cmocka_unit_test(without_its_inbox_notification_tells_twice),
        cmocka_unit_test(a_forgotten_refund_is_missed),
        cmocka_unit_test(without_an_idempotency_key_a_retry_charges_twice),
        cmocka_unit_test(stock_that_is_checked_before_it_is_locked_is_sold_twice),
        cmocka_unit_test(goods_that_ship_unchecked_leave_after_their_release),
        cmocka_unit_test(an_event_published_after_the_commit_gets_lost),
        cmocka_unit_test(an_event_acknowledged_before_the_commit_gets_lost),
        cmocka_unit_test(a_lost_answer_is_no_refusal),
        cmocka_unit_test(a_cancellation_that_does_not_ask_inventory_leaves_goods_reserved),
        cmocka_unit_test(a_question_that_is_asked_once_may_never_be_answered),
        cmocka_unit_test(a_silence_cannot_be_told_from_a_lost_answer),
    };

    return cmocka_run_group_tests_name("explore: planted bugs", tests, NULL, NULL);
}
