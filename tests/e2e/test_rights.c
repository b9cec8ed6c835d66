/* test_rights.c - who may do what, and tokens that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "books.h"
#include "forge.h"
#include "world.h"

static struct customer alice, bob;
static const char *order_id;

static int set_up(void **state)
{
    (void)state;
    alice = customer_new();
    bob = customer_new();
    order_id = order_new(&alice, product_new(100, 10, true), 1, "pm_ok");
    await_status(&alice, order_id, "SHIPPED");
    return 0;
}

static void expect(const char *method, const char *url, const char *token, const char *body,
                   int status)
{
    struct reply r =
        client_send(&(struct request){.method = method, .url = url, .token = token, .body = body});

    if (r.status != status)
        fail_msg("%s %s: %d where %d was due: %s", method, url, r.status, status, r.body);
    reply_free(&r);
}

static void anothers_order_does_not_exist(void **state)
{
    (void)state;
    expect("GET", text("/api/v1/orders/%s", order_id), bob.token, NULL, 404);
    expect("GET", text("/api/v1/orders/%s/timeline", order_id), bob.token, NULL, 404);
    expect("POST", text("/api/v1/orders/%s/cancel", order_id), bob.token, NULL, 404);
    expect("GET", text("/api/v1/orders/%s", order_id), alice.token, NULL, 200);
    expect("GET", text("/api/v1/orders/%s", order_id), world()->admin, NULL, 200);
}

static void anothers_payments_and_notifications_do_not_exist(void **state)
{
    struct reply r = client_send(&(struct request){
        .url = text("/api/v1/payments?order_id=%s", order_id), .token = alice.token});
    const char *payment = text("%s", reply_str(&r, "items.0.id"));

    (void)state;
    reply_free(&r);
    expect("GET", text("/api/v1/payments/%s", payment), alice.token, NULL, 200);
    expect("GET", text("/api/v1/payments/%s", payment), bob.token, NULL, 404);
    r = client_send(&(struct request){.url = text("/api/v1/payments?order_id=%s", order_id),
                                      .token = bob.token});
    assert_int_equal(reply_count(&r, "items"), 0);
    reply_free(&r);
    r = client_send(&(struct request){.url = "/api/v1/notifications", .token = bob.token});
    assert_int_equal(reply_count(&r, "items"), 0);
    reply_free(&r);
}

static void a_user_sees_only_themselves(void **state)
{
    (void)state;
    expect("GET", "/api/v1/users/me", alice.token, NULL, 200);
    expect("GET", text("/api/v1/users/%s", alice.id), alice.token, NULL, 200);
    expect("GET", text("/api/v1/users/%s", alice.id), bob.token, NULL, 404);
    expect("GET", text("/api/v1/users/%s", alice.id), world()->admin, NULL, 200);
}

static void a_customer_is_no_admin(void **state)
{
    (void)state;
    expect("POST", "/api/v1/products", alice.token,
           "{\"sku\":\"HACK\",\"name\":\"x\",\"price\":0,\"currency\":\"EUR\"}", 403);
    expect("PATCH", "/api/v1/products/WB-MUG", alice.token, "{\"price\":0}", 403);
    expect("POST", "/api/v1/products/WB-MUG/restock", alice.token, "{\"quantity\":1}", 403);
    expect("GET", "/api/v1/orders/totals", alice.token, NULL, 403);
    expect("GET", "/api/v1/payments/totals", alice.token, NULL, 403);
}

static void nobody_gets_in_without_a_token(void **state)
{
    static const char *const urls[] = {"/api/v1/orders", "/api/v1/users/me", "/api/v1/payments",
                                       "/api/v1/notifications"};

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct reply r = client_send(&(struct request){.url = urls[i]});

        assert_int_equal(r.status, 401);
        assert_non_null(strstr(reply_header(&r, "WWW-Authenticate"), "Bearer"));
        reply_free(&r);
    }
}

static void every_service_refuses_a_token_that_is_not_ours(void **state)
{
    static const char *const urls[] = {"/api/v1/orders", "/api/v1/users/me", "/api/v1/payments",
                                       "/api/v1/notifications"};
    const char *forged[FORGED];

    (void)state;
    forge_all(alice.id, alice.token, forged);
    for (size_t f = 0; f < FORGED; f++)
        for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
            struct reply r = client_send(&(struct request){.url = urls[i], .token = forged[f]});

            if (r.status != 401)
                fail_msg("%s accepts a token %s: %d", urls[i], forge_name(f), r.status);
            reply_free(&r);
        }
    expect("POST", "/api/v1/products", forged[FORGED_ADMIN],
           "{\"sku\":\"HACK\",\"name\":\"x\",\"price\":0,\"currency\":\"EUR\"}", 401);
}

static void internal_paths_do_not_exist_outside(void **state)
{
    static const char *const urls[] = {
        "/internal/users/00000000-0000-7000-8000-000000000000",
        "/internal/users?ids=00000000-0000-7000-8000-000000000000",
        "/internal/products?skus=WB-MUG",
        "/api/v1/../../internal/products?skus=WB-MUG",
        "/api/v1/%2e%2e/%2e%2e/internal/products?skus=WB-MUG",
        "//internal/products?skus=WB-MUG",
        "/metrics",
        "/readyz",
        "/livez",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct reply r = client_send(&(struct request){.url = urls[i], .token = world()->admin});

        if (r.status != 404 && r.status != 400)
            fail_msg("%s: %d %s", urls[i], r.status, r.body);
        reply_free(&r);
    }
}

static void a_wrong_password_and_an_unknown_address_answer_alike(void **state)
{
    struct reply wrong = client_send(&(struct request){
        .url = "/api/v1/sessions",
        .body = text("{\"email\":\"%s\",\"password\":\"incorrect horse\"}", alice.email)});
    struct reply unknown = client_send(&(struct request){
        .url = "/api/v1/sessions",
        .body = "{\"email\":\"nobody@example.com\",\"password\":\"incorrect horse\"}"});

    (void)state;
    assert_int_equal(wrong.status, 401);
    assert_int_equal(unknown.status, 401);
    assert_string_equal(reply_str(&wrong, "detail"), reply_str(&unknown, "detail"));
    reply_free(&wrong);
    reply_free(&unknown);
}

static void the_public_keys_are_published(void **state)
{
    struct reply r = client_send(&(struct request){.url = "/.well-known/jwks.json"});

    (void)state;
    assert_int_equal(r.status, 200);
    assert_string_equal(reply_str(&r, "keys.0.kty"), "EC");
    assert_string_equal(reply_str(&r, "keys.0.crv"), "P-256");
    reply_free(&r);
}

/* A service's own sessions are stricter (libs/common/pg.c); these are for everybody else who
 * comes with its password, psql too. */
static void no_role_may_hold_a_lock_or_a_statement_for_ever(void **state)
{
    (void)state;
    assert_int_equal(sql_int("order",
                             "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'waybill_%'"
                             " AND NOT rolsuper AND rolconfig @> ARRAY['statement_timeout=10s',"
                             " 'lock_timeout=5s', 'idle_in_transaction_session_timeout=15s']"),
                     5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anothers_order_does_not_exist),
        cmocka_unit_test(anothers_payments_and_notifications_do_not_exist),
        cmocka_unit_test(a_user_sees_only_themselves),
        cmocka_unit_test(a_customer_is_no_admin),
        cmocka_unit_test(nobody_gets_in_without_a_token),
        cmocka_unit_test(every_service_refuses_a_token_that_is_not_ours),
        cmocka_unit_test(internal_paths_do_not_exist_outside),
        cmocka_unit_test(a_wrong_password_and_an_unknown_address_answer_alike),
        cmocka_unit_test(the_public_keys_are_published),
        cmocka_unit_test(no_role_may_hold_a_lock_or_a_statement_for_ever),
    };

    return cmocka_run_group_tests_name("rights", tests, set_up, NULL);
}
