/* test_outage.c - a service is away for a while: what clients are told, and what becomes
 * of the orders that wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "crowd.h"
#include "wayctl.h"
#include "world.h"

enum { SOON_S = 90, PEOPLE = 8, ORDERS_EACH = 40 };

static struct reply order_service(const char *path)
{
    return client_send(&(struct request){.url = text("%s%s", world_env("ORDER_URL"), path)});
}

static bool order_is_ready(void *arg)
{
    struct reply r = order_service("/readyz");
    const bool ready = r.status == 200;

    (void)arg;
    reply_free(&r);
    return ready;
}

/* A figure of the order service. */
static int64_t metric(const char *name)
{
    struct reply r = order_service("/metrics");
    const char *line = r.status == 200 ? strstr(r.body, text("\n%s ", name)) : NULL;
    const int64_t value = line ? strtoll(line + 1 + strlen(name), NULL, 10) : 0;

    reply_free(&r);
    return value;
}

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

/* Whatever was stopped or filled by a test that did not come to its end. */
static void mend_everything(void)
{
    stack("psql", "order -q -c 'DELETE FROM outbox WHERE due_at > now()'");
    bring_back("rabbitmq redis provider user order inventory payment notification");
}

/* So that a test's failure is its own, and no breaker is still open. */
static int all_is_well(void **state)
{
    struct customer c = customer_new();
    void *args[] = {&c, text("%s", order_body(product_new(100, 10, true), 1, "pm_ok")), NULL};

    (void)state;
    if (!await(accepted, args, 0)) {
        mend_everything();
        assert_true(await(accepted, args, SOON_S));
    }
    await_status(&c, args[2], "SHIPPED");
    return 0;
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

    assert_true(await(accepted, args, SOON_S));
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

static void order_starts_without_its_peers_and_takes_orders_when_they_come(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true);
    void *args[] = {&c, text("%s", order_body(sku, 1, "pm_ok")), NULL};

    (void)state;
    stack("stop", "order");
    stack("stop", "inventory");
    stack("stop", "user");
    stack("start", "order");
    assert_true(await(order_is_ready, NULL, SOON_S));
    stack("start", "inventory");
    stack("start", "user");
    assert_true(await(accepted, args, SOON_S));
    await_healthy(); /* order finds its peers by itself, and may be faster than the gateway */
    await_status(&c, args[2], "SHIPPED");
    books_must_balance();
}

/* --- what is dead is not hammered --------------------------------------------------- */

static void insist(size_t number, void *arg)
{
    void **args = arg;

    (void)number;
    for (int i = 0; i < ORDERS_EACH; i++) {
        struct reply r = order_try(args[0], NULL, args[1]);

        if (r.status != 503 || !reply_header(&r, "Retry-After"))
            args[2] = text("%d %s", r.status, r.body);
        reply_free(&r);
    }
}

static int64_t sent_to_inventory(void)
{
    return metric("waybill_client_requests_total{target=\"inventory\",outcome=\"unreachable\"}") +
           metric("waybill_client_retries_total{target=\"inventory\"}");
}

/* The breaker needs ten failures to open and lets one call through every two seconds; the
 * retry budget is ten at once; four workers may be at it when it opens. */
static void a_dead_peer_is_not_hammered_by_those_who_want_orders(void **state)
{
    struct customer c = customer_new();
    void *args[] = {&c, text("%s", order_body(product_new(100, 10, true), 1, "pm_ok")), NULL};
    const int64_t before = sent_to_inventory();
    time_t began;
    int64_t sent;

    (void)state;
    stack("stop", "inventory");
    began = time(NULL);
    crowd_run(PEOPLE, insist, args);
    sent = sent_to_inventory() - before;
    bring_back("inventory");
    if (args[2])
        fail_msg("not an honest 503: %s", (const char *)args[2]);
    assert_in_range(sent, 1, 10 + 10 + 4 + 1 + (time(NULL) - began) / 2);
    assert_true(sent < PEOPLE * ORDERS_EACH / 2); /* or this test shows nothing */
    books_must_balance();
}

/* --- what waits is watched ------------------------------------------------------------ */

static bool alarm_is(void *arg)
{
    return metric("waybill_alarms{name=\"outbox_old\"}") == *(int *)arg;
}

/* The alarm comes although nothing moves, and goes by itself. Order goes on taking orders. */
static void an_alarm_is_on_while_rabbitmq_is_away_and_off_when_it_is_back(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true), *id;
    int on = 1, off = 0;
    struct reply r;

    (void)state;
    assert_true(await(alarm_is, &off, SOON_S));
    stack("stop", "rabbitmq");
    id = order_new(&c, sku, 1, "pm_ok");
    assert_true(await(alarm_is, &on, SOON_S));
    r = order_service("/readyz");
    assert_int_equal(r.status, 200);
    assert_null(strstr(r.body, "\"outbox\":\"ok\""));
    reply_free(&r);
    must_say(wayctl("outbox list order"), FINE, id);
    bring_back("rabbitmq");
    assert_true(await(alarm_is, &off, SOON_S));
    await_over(&c, id);
    books_must_balance();
}

/* By each instance: the gateway asks them in turn, and each looks at the outbox by itself. */
static bool refused(void *arg)
{
    enum { TURNS = 12 };

    for (int i = 0; i < TURNS; i++)
        if (accepted(arg))
            return false;
    return true;
}

/* As many events as the outbox may hold, to nowhere. What ends an order is still taken. */
static void a_full_outbox_refuses_orders_and_takes_cancellations(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 100000, true), *id;
    void *args[] = {&c, text("%s", order_body(sku, 1, "pm_ok")), NULL};
    struct reply r;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, sku, 1, "pm_ok");
    stack("psql", "order -q -c \"INSERT INTO outbox (destination, event_id, type, subject,"
                  " envelope, traceparent, optional, due_at, created_at) SELECT 1, n, 'full', 's',"
                  " '{}', '', false, now() + interval '1 hour', now() - interval '9 seconds'"
                  " FROM generate_series(1, 100000) AS n\"");
    assert_true(await(refused, args, SOON_S));
    r = order_try(&c, NULL, args[1]);
    assert_int_equal(r.status, 503);
    assert_non_null(reply_header(&r, "Retry-After"));
    assert_string_equal(reply_str(&r, "detail"), "too much waits to be announced; try again later");
    reply_free(&r);
    r = client_send(&(struct request){
        .method = "POST", .url = text("/api/v1/orders/%s/cancel", id), .token = c.token});
    assert_int_equal(r.status, 202);
    reply_free(&r);
    await_status(&c, id, "CANCELLED");
    stack("psql", "order -q -c 'DELETE FROM outbox WHERE due_at > now()'");
    stack("start", "payment");
    assert_true(await(accepted, args, SOON_S));
    await_status(&c, args[2], "SHIPPED");
    books_must_balance();
}

/* Nor is a failure to take all programs after this one with it. */
static int leave_it_running(void **state)
{
    (void)state;
    mend_everything();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, all_is_well)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_inventory_no_order_is_accepted),
        TEST(without_user_no_order_is_accepted),
        TEST(an_order_waits_for_a_service_that_is_away_for_a_while),
        TEST(a_saga_that_outlives_its_deadline_is_cancelled),
        TEST(notifications_wait_for_redis_and_orders_do_not),
        TEST(order_starts_without_its_peers_and_takes_orders_when_they_come),
        TEST(a_dead_peer_is_not_hammered_by_those_who_want_orders),
        TEST(an_alarm_is_on_while_rabbitmq_is_away_and_off_when_it_is_back),
        TEST(a_full_outbox_refuses_orders_and_takes_cancellations),
    };

    return cmocka_run_group_tests_name("outages", tests, NULL, leave_it_running);
}
