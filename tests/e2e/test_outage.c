/* test_outage.c - a service is away for a while: what clients are told, and what becomes
 * of the orders that wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "books.h"
#include "world.h"

static void bring_back(const char *component)
{
    stack("start", component);
    await_healthy();
}

static bool accepted(void *arg)
{
    void **args = arg;
    struct reply r = order_try(args[0], NULL, args[1]);
    bool done = r.status == 201;

    if (done)
        args[2] = text("%s", reply_str(&r, "id"));
    reply_free(&r);
    return done;
}

/* The peer is away: a clear 503 with Retry-After, soon, nothing stored; and when it is
 * back, orders are accepted again. */
static void an_order_is_refused_while_this_is_away(const char *component)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true);
    void *args[] = {&c, text("%s", order_body(sku, 1, "pm_ok")), NULL};
    time_t began;
    struct reply r;

    stack("stop", component);
    began = time(NULL);
    r = order_try(&c, NULL, args[1]);
    assert_true(time(NULL) - began < 10);
    bring_back(component);
    assert_int_equal(r.status, 503);
    assert_non_null(reply_header(&r, "Retry-After"));
    assert_string_equal(reply_header(&r, "Content-Type"), "application/problem+json");
    reply_free(&r);
    assert_int_equal(
        sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid", c.id), 0);

    assert_true(await(accepted, args, 30));
    await_status(&c, args[2], "SHIPPED");
    books_must_balance();
}

static void without_inventory_no_order_is_accepted(void **state)
{
    (void)state;
    an_order_is_refused_while_this_is_away("inventory");
}

static void without_user_no_order_is_accepted(void **state)
{
    (void)state;
    an_order_is_refused_while_this_is_away("user");
}

static void an_order_waits_for_a_service_that_is_away_for_a_while(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true), *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, sku, 1, "pm_ok");
    assert_string_equal(order_status(&c, id), "PENDING");
    bring_back("payment");
    await_status(&c, id, "SHIPPED");
    books_must_balance();
}

/* Nobody can pay: when the deadline has passed the order undoes itself, and the payment
 * service, back at last, finds a charge and its cancellation and settles both. */
static void a_saga_that_outlives_its_deadline_is_cancelled(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true), *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, sku, 4, "pm_ok");
    await_status(&c, id, "CANCELLED");
    bring_back("payment");
    books_must_balance();
    assert_int_equal(sql_int_of("inventory", "SELECT on_hand FROM products WHERE sku = $1", sku),
                     10);
}

static void notifications_wait_for_redis_and_orders_do_not(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true), *id;

    (void)state;
    stack("stop", "redis");
    id = order_new(&c, sku, 1, "pm_ok");
    await_status(&c, id, "SHIPPED");
    bring_back("redis");
    books_must_balance();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_inventory_no_order_is_accepted),
        cmocka_unit_test(without_user_no_order_is_accepted),
        cmocka_unit_test(an_order_waits_for_a_service_that_is_away_for_a_while),
        cmocka_unit_test(a_saga_that_outlives_its_deadline_is_cancelled),
        cmocka_unit_test(notifications_wait_for_redis_and_orders_do_not),
    };

    return cmocka_run_group_tests_name("outages", tests, NULL, NULL);
}
