/* test_stop.c - services are stopped and started again in the middle of the work: no client
 * gets a broken answer, and what they were told is true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "books.h"
#include "crowd.h"
#include "world.h"

enum {
    PEOPLE = 3,
    RESTARTS = 5,
    BEFORE = 15, /* orders between two restarts, at least */
    PATIENCE_S = 90,
    HASTE = 8,   /* orders at once */
    AWAY_S = 12, /* longer than the gateway leaves an instance alone, and than it waits */
    LATE_S = 5,  /* what an instance does late comes within this, if at all */
};

static struct shop {
    struct customer customer;
    const char *sku;
    atomic_int accepted, retried;
    atomic_bool over;
    _Atomic(const char *) broken; /* the first answer that was none */
} shop;

struct operator
{
    void (*works)(void);
};

/* An answer that a client can do something with: try again a little later. */
static bool honest(const struct reply *r)
{
    const char *type = reply_header(r, "Content-Type");

    return r->status >= 502 && r->status <= 504 && type &&
           strcmp(type, "application/problem+json") == 0 && reply_header(r, "Retry-After");
}

/* As a careful client does: the same key again until the order is accepted. */
static bool placed(void *arg)
{
    struct reply r = order_try(&shop.customer, arg, order_body(shop.sku, 1, "pm_ok"));
    const bool done = r.status == 201;

    if (done)
        shop.accepted++;
    else if (honest(&r))
        shop.retried++;
    else
        shop.broken = text("%d %s", r.status, r.body);
    reply_free(&r);
    return done || shop.broken;
}

static bool more_came(void *arg)
{
    return shop.accepted >= *(int *)arg || shop.broken;
}

/* In a thread of its own, so the test fails later, by what is noted here. */
static void restart(const char *component)
{
    if (!stack_did("restart", component))
        shop.broken = text("%s could not be restarted", component);
}

static void restart_one_after_the_other(void)
{
    static const char *const services[RESTARTS] = {"order", "inventory", "payment", "user",
                                                   "order"};

    for (int i = 0; i < RESTARTS && !shop.broken; i++) {
        int enough = shop.accepted + BEFORE;

        if (!await(more_came, &enough, PATIENCE_S))
            shop.broken = "no order was accepted any more";
        restart(services[i]);
    }
    shop.over = true;
}

/* The gateway has found out that this instance, new since its restart, is there. */
static bool is_used_again(void *url)
{
    static const char counter[] = "\nwaybill_http_requests_total{route=\"/api/v1/orders\","
                                  "method=\"POST\",status=\"2xx\"} ";
    struct reply r = client_send(&(struct request){.url = text("%s/metrics", (char *)url)});
    const char *at = r.status == 200 ? strstr(r.body, counter) : NULL;
    const bool used = at && strtol(at + strlen(counter), NULL, 10) >= BEFORE;

    reply_free(&r);
    return used || shop.broken;
}

static void restart_instances_in_turn(void)
{
    char *urls[] = {text("http://127.0.0.1:%s", world_env("ORDER_1_PORT")),
                    text("http://127.0.0.1:%s", world_env("ORDER_2_PORT"))};

    for (int i = 0; i < RESTARTS && !shop.broken; i++) {
        if (!await(is_used_again, urls[0], PATIENCE_S) ||
            !await(is_used_again, urls[1], PATIENCE_S))
            shop.broken = "an instance is not used";
        restart(text("order-%d", i % 2 + 1));
    }
    shop.over = true;
}

static void operator_or_customer(size_t number, void *restart)
{
    if (number == PEOPLE) {
        ((struct operator*)restart)->works();
        return;
    }
    for (int i = 0; !shop.over && !shop.broken; i++)
        if (!await(placed, text("stop-%s-%zu-%d", shop.sku, number, i), PATIENCE_S))
            shop.broken = "an order was never accepted";
}

static void shop_while(void (*restarts)(void))
{
    struct operator who = {restarts};

    shop = (struct shop){.customer = customer_new(), .sku = product_new(100, 100000, true)};
    crowd_run(PEOPLE + 1, operator_or_customer, &who);
    if (shop.broken)
        fail_msg("%s", shop.broken);
    await_healthy();
    print_message("%d orders, %d answers that asked to try again\n", shop.accepted, shop.retried);
    assert_int_equal(sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid",
                                shop.customer.id),
                     shop.accepted);
    books_must_balance();
}

static void services_may_be_restarted_under_load_and_no_answer_is_broken(void **state)
{
    (void)state;
    shop_while(restart_one_after_the_other);
}

/* Those that follow are run by: make test STACK=native SCALE=2 ONLY=e2e/test_stop */
static bool of_each_service_there_are_two(void)
{
    return getenv("USER_2_PORT") && getenv("INVENTORY_2_PORT") && getenv("ORDER_2_PORT");
}

static void instances_restarted_in_turn_are_noticed_by_nobody(void **state)
{
    (void)state;
    if (!of_each_service_there_are_two())
        skip();
    shop_while(restart_instances_in_turn);
    assert_int_equal(shop.retried, 0);
}

/* Order asks user and inventory by REST: by way of no gateway. */
static void orders_are_accepted_while_one_of_two_peers_is_away(void **state)
{
    static const char *const peers[] = {"user-1", "inventory-1", "user-2", "inventory-2"};
    struct customer customer = customer_new();
    const char *body = order_body(product_new(100, 1000, true), 1, "pm_ok");

    (void)state;
    if (!of_each_service_there_are_two())
        skip();
    for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
        int status[6]; /* more than there are instances of order, times those of a peer */

        stack("stop", peers[i]);
        for (size_t n = 0; n < sizeof(status) / sizeof(status[0]); n++) {
            struct reply r = order_try(&customer, NULL, body);

            status[n] = r.status;
            reply_free(&r);
        }
        stack("start", peers[i]);
        for (size_t n = 0; n < sizeof(status) / sizeof(status[0]); n++)
            assert_int_equal(status[n], 201);
        await_healthy();
    }
    books_must_balance();
}

/* Orders that are asked for once each and without a key, and what was answered. */
static struct hasty {
    struct customer customer;
    const char *body;
    atomic_int asked, accepted, unanswered;
} hasty;

static void order_once(size_t number, void *arg)
{
    struct reply r = order_try(&hasty.customer, NULL, hasty.body);

    (void)number;
    (void)arg;
    hasty.asked++;
    hasty.accepted += r.status == 201;
    hasty.unanswered += r.status == 504;
    reply_free(&r);
}

/* The gateway may leave an instance alone for a while after it failed: ask until it does not. */
static bool one_was_not_answered(void *arg)
{
    (void)arg;
    crowd_run(HASTE, order_once, NULL);
    return hasty.unanswered > 0;
}

static int orders_of_hasty(void)
{
    return (int)sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid",
                           hasty.customer.id);
}

static bool all_took_effect(void *arg)
{
    (void)arg;
    return orders_of_hasty() >= hasty.asked;
}

/* An instance that does not answer may do it later all the same: were the other one asked
 * too, one request would be two orders. */
static void a_post_that_is_not_answered_is_not_sent_to_another_instance(void **state)
{
    (void)state;
    if (!of_each_service_there_are_two())
        skip();
    hasty.customer = customer_new();
    hasty.body = order_body(product_new(100, 100000, true), 1, "pm_ok");
    stack("freeze", "order-1");
    (void)await(one_was_not_answered, NULL, AWAY_S); /* judged below, when it has thawed */
    stack("thaw", "order-1");
    await_healthy();
    (void)await(all_took_effect, NULL, LATE_S); /* or not: who asked was not told */
    books_must_balance();
    print_message("%d asked for, %d accepted, %d not answered in time, %d orders\n", hasty.asked,
                  hasty.accepted, hasty.unanswered, orders_of_hasty());
    assert_true(hasty.unanswered > 0);
    assert_int_equal(hasty.accepted + hasty.unanswered, hasty.asked);
    assert_in_range(orders_of_hasty(), hasty.accepted, hasty.asked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(services_may_be_restarted_under_load_and_no_answer_is_broken),
        cmocka_unit_test(instances_restarted_in_turn_are_noticed_by_nobody),
        cmocka_unit_test(orders_are_accepted_while_one_of_two_peers_is_away),
        cmocka_unit_test(a_post_that_is_not_answered_is_not_sent_to_another_instance),
    };

    return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
