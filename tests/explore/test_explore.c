/* test_explore.c - every interleaving of one order's life, and of two and three orders that
 * compete for the stock, with the code that ships. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "print.h"
#include "search.h"

enum { MOST_STATES = 3000000 };

static void look(const struct scenario *sc, enum reduction reduction, struct search_result *r)
{
    search(&(struct search_options){sc, reduction, MOST_STATES}, r);
    print_counts(sc, r);
}

static void must_hold(const struct scenario *sc)
{
    struct search_result r;

    look(sc, REDUCE_ORDERS, &r);
    if (r.violated)
        print_trace(sc, &r);
    assert_null(r.violated);
    assert_true(r.quiet > 1);
    assert_int_equal(r.most_shipped, scenario_most_shipped(sc));
}

/* Two workers for one payment, for a lease may run out; late requests; a duplicate. */
static struct scenario one_order(const char *name)
{
    return (struct scenario){
        .name = name,
        .orders = 1,
        .stock = 1,
        .workers = 2,
        .max_attempts = 2,
        .inbox = true,
        .copies = 1,
        .late_calls = true,
    };
}

static void one_order_ends_well_whatever_happens(void **state)
{
    const struct scenario sc = one_order("one order");

    (void)state;
    must_hold(&sc);
}

static void one_order_ends_well_without_stock(void **state)
{
    struct scenario sc = one_order("one order, no stock");

    (void)state;
    sc.stock = 0;
    must_hold(&sc);
}

/* An inbox forgets (inbox_prune), an operator asks again under a new id: handled twice. */
static void without_inboxes_the_domains_alone_keep_the_books(void **state)
{
    struct scenario sc = one_order("one order, no inboxes, any number of duplicates");

    (void)state;
    sc.inbox = false;
    sc.workers = 1;
    must_hold(&sc);
}

static void an_order_outlives_the_loss_of_any_number_of_queues(void **state)
{
    struct scenario sc = one_order("one order, no inboxes, losses");

    (void)state;
    sc.inbox = false;
    sc.losses = true;
    sc.workers = 1;
    must_hold(&sc);
}

/* Orders multiply the states, so here is less of what one_order() has enough of. */
static struct scenario orders(const char *name, int n, int stock)
{
    return (struct scenario){
        .name = name,
        .orders = n,
        .stock = stock,
        .workers = 1,
        .max_attempts = 1,
        .inbox = true,
    };
}

static void two_orders_never_share_the_last_piece(void **state)
{
    struct scenario sc = orders("two orders, one piece", 2, 1);

    (void)state;
    sc.late_calls = true;
    must_hold(&sc);
}

static void two_orders_with_a_piece_each_do_not_meet(void **state)
{
    const struct scenario sc = orders("two orders, two pieces", 2, 2);

    (void)state;
    must_hold(&sc);
}

static void a_duplicate_takes_nothing_from_the_other_order(void **state)
{
    struct scenario sc = orders("two orders, one piece, a duplicate", 2, 1);

    (void)state;
    sc.copies = 1;
    must_hold(&sc);
}

static void a_lost_queue_takes_nothing_from_the_other_order(void **state)
{
    struct scenario sc = orders("two orders, one piece, losses", 2, 1);

    (void)state;
    sc.losses = true;
    must_hold(&sc);
}

static void three_orders_never_share_the_last_piece(void **state)
{
    const struct scenario sc = orders("three orders, one piece", 3, 1);

    (void)state;
    must_hold(&sc);
}

/* --- of the search itself ----------------------------------------------------------------- */

static void must_agree(const struct scenario *sc, enum reduction a, enum reduction b)
{
    struct search_result all, fewer;

    look(sc, a, &all);
    look(sc, b, &fewer);
    assert_null(all.violated);
    assert_null(fewer.violated);
    assert_true(fewer.states < all.states);
    assert_int_equal(fewer.quiet, all.quiet);
    assert_int_equal(fewer.most_shipped, all.most_shipped);
    assert_true(fewer.quiet_hash == all.quiet_hash);
}

static void steps_left_out_for_sinks_lead_nowhere_new(void **state)
{
    struct scenario sc = one_order("one order, all steps or fewer");

    (void)state;
    sc.workers = 1;
    sc.late_calls = false;
    must_agree(&sc, REDUCE_NOTHING, REDUCE_SINKS);
    sc.losses = true;
    sc.copies = 0;
    must_agree(&sc, REDUCE_NOTHING, REDUCE_SINKS);
}

static void steps_left_out_between_orders_lead_nowhere_new(void **state)
{
    struct scenario sc = orders("two orders, all steps or fewer", 2, 1);

    (void)state;
    must_agree(&sc, REDUCE_SINKS, REDUCE_ORDERS);
    sc.stock = 2;
    must_agree(&sc, REDUCE_SINKS, REDUCE_ORDERS);
}

static void a_search_that_outgrows_its_bound_says_so(void **state)
{
    const struct scenario sc = one_order("one order, 1000 states");
    struct search_result r;

    (void)state;
    search(&(struct search_options){&sc, REDUCE_ORDERS, 1000}, &r);
    assert_string_equal(r.violated, "there are more states than the search may take");
    assert_int_equal(r.states, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_order_ends_well_whatever_happens),
        cmocka_unit_test(one_order_ends_well_without_stock),
        cmocka_unit_test(without_inboxes_the_domains_alone_keep_the_books),
        cmocka_unit_test(an_order_outlives_the_loss_of_any_number_of_queues),
        cmocka_unit_test(two_orders_never_share_the_last_piece),
        cmocka_unit_test(two_orders_with_a_piece_each_do_not_meet),
        cmocka_unit_test(a_duplicate_takes_nothing_from_the_other_order),
        cmocka_unit_test(a_lost_queue_takes_nothing_from_the_other_order),
        cmocka_unit_test(three_orders_never_share_the_last_piece),
        cmocka_unit_test(steps_left_out_for_sinks_lead_nowhere_new),
        cmocka_unit_test(steps_left_out_between_orders_lead_nowhere_new),
        cmocka_unit_test(a_search_that_outgrows_its_bound_says_so),
    };

    return cmocka_run_group_tests_name("explore: every interleaving", tests, NULL, NULL);
}
