/* test_idempotency.c - the Idempotency-Key header, as a client meets it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "books.h"
#include "world.h"

static struct customer customer;
static const char *sku;

static int set_up(void **state)
{
    (void)state;
    customer = customer_new();
    sku = product_new(100, 1000, true);
    return 0;
}

static int64_t orders_of(const struct customer *c)
{
    return sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid", c->id);
}

static void a_repeated_request_gets_the_same_answer(void **state)
{
    const char *body = order_body(sku, 1, "pm_ok");
    const int64_t before = orders_of(&customer);
    struct reply first = order_try(&customer, "repeated", body);
    struct reply second = order_try(&customer, "repeated", body);

    (void)state;
    assert_int_equal(first.status, 201);
    assert_int_equal(second.status, 201);
    assert_string_equal(first.body, second.body);
    assert_null(reply_header(&first, "Idempotent-Replayed"));
    assert_string_equal(reply_header(&second, "Idempotent-Replayed"), "true");
    assert_non_null(reply_header(&second, "Location"));
    assert_int_equal(orders_of(&customer), before + 1);
    await_over(&customer, reply_str(&first, "id"));
    reply_free(&first);
    reply_free(&second);
}

static void a_key_reused_for_another_request_is_refused(void **state)
{
    const int64_t before = orders_of(&customer);
    struct reply r = order_try(&customer, "reused", order_body(sku, 1, "pm_ok"));

    (void)state;
    assert_int_equal(r.status, 201);
    reply_free(&r);
    expect_problem(&(struct request){.url = "/api/v1/orders",
                                     .token = customer.token,
                                     .key = "reused",
                                     .body = order_body(sku, 2, "pm_ok")},
                   422, "Idempotency-Key");
    assert_int_equal(orders_of(&customer), before + 1);
}

static void two_customers_may_use_the_same_key(void **state)
{
    struct customer other = customer_new();
    struct reply a = order_try(&customer, "popular", order_body(sku, 1, "pm_ok"));
    struct reply b = order_try(&other, "popular", order_body(sku, 1, "pm_ok"));

    (void)state;
    assert_int_equal(a.status, 201);
    assert_int_equal(b.status, 201);
    assert_string_not_equal(reply_str(&a, "id"), reply_str(&b, "id"));
    reply_free(&a);
    reply_free(&b);
}

static void a_request_that_failed_may_be_tried_again_under_its_key(void **state)
{
    struct reply r = order_try(&customer, "second thoughts", order_body("NO-SUCH", 1, "pm_ok"));

    (void)state;
    assert_int_equal(r.status, 422);
    reply_free(&r);
    r = order_try(&customer, "second thoughts", order_body(sku, 1, "pm_ok"));
    assert_int_equal(r.status, 201);
    reply_free(&r);
}

static void a_key_that_is_no_key_is_refused(void **state)
{
    static char long_key[300];

    (void)state;
    memset(long_key, 'k', sizeof(long_key) - 1);
    expect_problem(&(struct request){.url = "/api/v1/orders",
                                     .token = customer.token,
                                     .key = long_key,
                                     .body = order_body(sku, 1, "pm_ok")},
                   400, "Idempotency-Key");
}

static void a_restock_with_a_key_counts_once(void **state)
{
    const char *mine = product_new(100, 0, true);
    const struct request restock = {.url = text("/api/v1/products/%s/restock", mine),
                                    .token = world()->admin,
                                    .key = mine,
                                    .body = "{\"quantity\":5}"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct reply r = client_send(&restock);

        assert_int_equal(r.status, 200);
        assert_int_equal(reply_int(&r, "available"), 5);
        reply_free(&r);
    }
}

static struct reply register_as(const char *name, const char *key)
{
    return client_send(&(struct request){
        .url = "/api/v1/users",
        .key = key,
        .body = text("{\"email\":\"%s-%s\",\"name\":\"A\",\"password\":\"correct horse\"}", name,
                     customer.email)});
}

static void two_strangers_may_register_under_the_same_key(void **state)
{
    struct reply a = register_as("a", "1"), again = register_as("a", "1"),
                 b = register_as("b", "1");

    (void)state;
    assert_int_equal(a.status, 201);
    assert_string_equal(again.body, a.body);
    assert_string_equal(reply_header(&again, "Idempotent-Replayed"), "true");
    assert_int_equal(b.status, 201);
    assert_null(reply_header(&b, "Idempotent-Replayed"));
    reply_free(&a);
    reply_free(&again);
    reply_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeated_request_gets_the_same_answer),
        cmocka_unit_test(a_key_reused_for_another_request_is_refused),
        cmocka_unit_test(two_customers_may_use_the_same_key),
        cmocka_unit_test(two_strangers_may_register_under_the_same_key),
        cmocka_unit_test(a_request_that_failed_may_be_tried_again_under_its_key),
        cmocka_unit_test(a_key_that_is_no_key_is_refused),
        cmocka_unit_test(a_restock_with_a_key_counts_once),
    };

    return cmocka_run_group_tests_name("idempotency keys", tests, set_up, NULL);
}
