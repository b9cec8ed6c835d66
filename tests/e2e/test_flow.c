/* test_flow.c - each path of an order through five services, and what it leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "books.h"
#include "broker.h"
#include "world.h"

static struct reply cancel(const struct customer *c, const char *order_id)
{
    return client_send(&(struct request){
        .method = "POST", .url = text("/api/v1/orders/%s/cancel", order_id), .token = c->token});
}

static int64_t stock_of(const char *sku, const char *member)
{
    struct reply r = client_send(
        &(struct request){.url = text("/api/v1/products/%s/stock", sku), .token = world()->admin});
    int64_t n;

    assert_int_equal(r.status, 200);
    n = reply_int(&r, member);
    reply_free(&r);
    return n;
}

/* The payment of an order as its customer sees it: its state, or "" without one. */
static const char *payment_state(const struct customer *c, const char *order_id)
{
    struct reply r = client_send(&(struct request){
        .url = text("/api/v1/payments?order_id=%s", order_id), .token = c->token});
    const char *state = "";

    assert_int_equal(r.status, 200);
    if (reply_count(&r, "items") > 0)
        state = text("%s", reply_str(&r, "items.0.state"));
    reply_free(&r);
    return state;
}

struct payment_wish {
    const struct customer *c;
    const char *order_id, *state;
};

static bool payment_is(void *arg)
{
    const struct payment_wish *w = arg;

    return strcmp(payment_state(w->c, w->order_id), w->state) == 0;
}

static void await_payment(const struct customer *c, const char *order_id, const char *state)
{
    struct payment_wish w = {c, order_id, state};

    if (!await(payment_is, &w, 90))
        fail_msg("payment of %s is %s, not %s", order_id, payment_state(c, order_id), state);
}

static void an_order_travels_from_pending_to_shipped(void **state)
{
    static const char *const saga[] = {"order.created",       "inventory.reserved",
                                       "payment.processed",   "order.confirmed",
                                       "shipment.dispatched", "order.shipped"};
    struct customer c = customer_new();
    const char *sku = product_new(1250, 10, true);
    const char *id = order_new(&c, sku, 3, "pm_ok");
    struct reply r;

    (void)state;
    await_status(&c, id, "SHIPPED");
    r = client_send(
        &(struct request){.url = text("/api/v1/orders/%s/timeline", id), .token = c.token});
    assert_int_equal(reply_count(&r, "items"), 6);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(reply_str(&r, text("items.%zu.type", i)), saga[i]);
    reply_free(&r);
    r = client_send(&(struct request){.url = text("/api/v1/orders/%s", id), .token = c.token});
    assert_int_equal(reply_int(&r, "total"), 3750);
    assert_true(strlen(reply_str(&r, "tracking_number")) > 0);
    reply_free(&r);
    assert_int_equal(stock_of(sku, "on_hand"), 7);
    assert_int_equal(stock_of(sku, "reserved"), 0);
    await_payment(&c, id, "CAPTURED");
    books_must_balance();
    assert_string_equal(broker_saga_state(id), "SHIPPED");
}

static bool summary_is_open(void *id)
{
    return strcmp(broker_saga_state(id), "PENDING") == 0;
}

static void a_summary_for_operators_is_forgotten_also_when_its_saga_looks_open(void **state)
{
    enum { FINISHED_S = 300, OPEN_S = 86400 };
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(100, 10, true), 1, "pm_down");
    struct reply r;

    (void)state;
    assert_true(await(summary_is_open, text("%s", id), 90));
    assert_in_range(broker_saga_expires_s(id), FINISHED_S + 1, OPEN_S);
    r = cancel(&c, id);
    reply_free(&r);
    await_status(&c, id, "CANCELLED");
    books_must_balance();
    assert_string_equal(broker_saga_state(id), "CANCELLED");
    assert_in_range(broker_saga_expires_s(id), 1, FINISHED_S);
}

static void every_event_of_the_order_is_notified_once(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(100, 10, true), 1, "pm_ok");
    struct reply r;

    (void)state;
    await_status(&c, id, "SHIPPED");
    books_must_balance();
    r = client_send(
        &(struct request){.url = text("/api/v1/notifications?order_id=%s", id), .token = c.token});
    assert_int_equal(r.status, 200);
    assert_int_equal(reply_count(&r, "items"), 3); /* created, confirmed, shipped */
    assert_string_equal(reply_str(&r, "items.0.kind"), "order.shipped");
    assert_string_equal(reply_str(&r, "items.0.state"), "SENT");
    reply_free(&r);
}

static void out_of_stock_cancels_the_order_and_charges_nothing(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 2, true);
    const char *id = order_new(&c, sku, 3, "pm_ok");

    (void)state;
    await_status(&c, id, "CANCELLED");
    assert_true(timeline_has(&c, id, "inventory.failed"));
    assert_false(timeline_has(&c, id, "payment.processed"));
    assert_int_equal(stock_of(sku, "available"), 2);
    books_must_balance();
}

static void a_declined_payment_gives_the_stock_back(void **state)
{
    static const char *const methods[] = {"pm_declined", "pm_insufficient_funds"};
    struct customer c = customer_new();
    const char *sku = product_new(100, 5, true);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const char *id = order_new(&c, sku, 5, methods[i]);

        await_status(&c, id, "CANCELLED");
        assert_true(timeline_has(&c, id, "payment.failed"));
        assert_true(timeline_has(&c, id, "inventory.released"));
        assert_int_equal(stock_of(sku, "available"), 5);
        await_payment(&c, id, "FAILED");
    }
    books_must_balance();
}

static void a_flaky_payment_is_charged_once_in_the_end(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(777, 5, true), 1, "pm_flaky");

    (void)state;
    await_status(&c, id, "SHIPPED");
    books_must_balance();
}

static void a_payment_method_that_is_down_cancels_the_order(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(777, 5, true), 1, "pm_down");

    (void)state;
    await_status(&c, id, "CANCELLED");
    books_must_balance();
}

static void a_cancellation_in_time_undoes_everything(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(500, 4, true);
    const char *id = order_new(&c, sku, 4, "pm_slow");
    struct reply r = cancel(&c, id);

    (void)state;
    assert_int_equal(r.status, 202);
    assert_string_equal(reply_str(&r, "status"), "CANCELLING");
    reply_free(&r);
    await_status(&c, id, "CANCELLED");
    assert_int_equal(stock_of(sku, "available"), 4);
    books_must_balance(); /* whatever the slow charge did is undone */

    r = cancel(&c, id);
    assert_int_equal(r.status, 200); /* done already */
    reply_free(&r);
}

static void a_cancellation_after_the_shipment_is_a_conflict(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(500, 4, true), 1, "pm_ok");

    (void)state;
    await_status(&c, id, "SHIPPED");
    expect_problem(&(struct request){.method = "POST",
                                     .url = text("/api/v1/orders/%s/cancel", id),
                                     .token = c.token},
                   409, "shipped");
    assert_string_equal(order_status(&c, id), "SHIPPED");
    books_must_balance();
}

/* Whenever the wish comes, the order ends in one of two ways and the books agree. */
static void a_cancellation_at_any_moment_leaves_the_books_balanced(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(300, 1000, true), *id[20];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        id[i] = order_new(&c, sku, 1, "pm_ok");
        for (size_t k = 0; k < i; k++) { /* a little later each time */
            const char *status = order_status(&c, id[i]);

            if (strcmp(status, "SHIPPED") == 0)
                break;
        }
        struct reply r = cancel(&c, id[i]);
        assert_true(r.status == 202 || r.status == 200 || r.status == 409);
        reply_free(&r);
    }
    for (size_t i = 0; i < 20; i++)
        await_over(&c, id[i]);
    books_must_balance();
}

static void a_failed_shipment_refunds_the_payment(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(9900, 5, false);
    const char *id = order_new(&c, sku, 2, "pm_ok");

    (void)state;
    await_status(&c, id, "CANCELLED");
    await_payment(&c, id, "REFUNDED");
    assert_true(timeline_has(&c, id, "shipment.failed"));
    assert_int_equal(stock_of(sku, "available"), 5);
    books_must_balance();
    assert_true(timeline_has(&c, id, "payment.refunded"));
}

static void prices_come_from_inventory_and_stay_as_they_were(void **state)
{
    struct customer c = customer_new();
    const char *sku = product_new(100, 10, true);
    const char *id = order_new(&c, sku, 1, "pm_ok");
    struct reply r = client_send(&(struct request){.method = "PATCH",
                                                   .url = text("/api/v1/products/%s", sku),
                                                   .token = world()->admin,
                                                   .body = "{\"price\":200}"});

    (void)state;
    assert_int_equal(r.status, 200);
    reply_free(&r);
    r = client_send(&(struct request){.url = text("/api/v1/orders/%s", id), .token = c.token});
    assert_int_equal(reply_int(&r, "total"), 100);
    reply_free(&r);
    id = order_new(&c, sku, 1, "pm_ok");
    r = client_send(&(struct request){.url = text("/api/v1/orders/%s", id), .token = c.token});
    assert_int_equal(reply_int(&r, "total"), 200);
    reply_free(&r);
    await_over(&c, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_travels_from_pending_to_shipped),
        cmocka_unit_test(a_summary_for_operators_is_forgotten_also_when_its_saga_looks_open),
        cmocka_unit_test(every_event_of_the_order_is_notified_once),
        cmocka_unit_test(out_of_stock_cancels_the_order_and_charges_nothing),
        cmocka_unit_test(a_declined_payment_gives_the_stock_back),
        cmocka_unit_test(a_flaky_payment_is_charged_once_in_the_end),
        cmocka_unit_test(a_payment_method_that_is_down_cancels_the_order),
        cmocka_unit_test(a_cancellation_in_time_undoes_everything),
        cmocka_unit_test(a_cancellation_after_the_shipment_is_a_conflict),
        cmocka_unit_test(a_cancellation_at_any_moment_leaves_the_books_balanced),
        cmocka_unit_test(a_failed_shipment_refunds_the_payment),
        cmocka_unit_test(prices_come_from_inventory_and_stay_as_they_were),
    };

    return cmocka_run_group_tests_name("the flow", tests, NULL, NULL);
}
