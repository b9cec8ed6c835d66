/* test_api.c - the handlers of the payment service, found in the route table and called
 * with a fake store behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "api.h"
#include "arena.h"
#include "fake_store.h"
#include "json_in.h"

#define PAYMENTS "/api/v1/payments"
#define PAYMENT  PAYMENTS "/*"
#define ID_A     "0193452c-7a11-7cc3-98c4-dc0c0c07398f"
#define ID_B     "0193452c-7a11-7cc3-98c4-dc0c0c07398e"
#define USER     "0193452c-7a11-7cc3-98c4-dc0c0c070001"
#define STRANGER "0193452c-7a11-7cc3-98c4-dc0c0c070002"
#define ORDER    "0193452c-7a11-7cc3-98c4-dc0c0c070003"

static struct ctx ctx;
static struct http_response res;
static struct principal caller;
static const char *limit, *cursor, *order_id; /* of the query */

/* There is no connection here to read a query from. */
const char *http_query(const struct http_request *req, const char *name)
{
    (void)req;
    if (strcmp(name, "limit") == 0)
        return limit;
    if (strcmp(name, "cursor") == 0)
        return cursor;
    return strcmp(name, "order_id") == 0 ? order_id : NULL;
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake.list[0] = (struct payment){
        .id = ID_A,
        .order_id = ORDER,
        .user_id = USER,
        .amount = 700,
        .refunded = 700,
        .currency = "EUR",
        .method = "pm_ok",
        .state = PAYMENT_REFUNDED,
        .reason = "changed my \"mind\"",
        .created_at = "2026-01-01T00:00:00.000Z",
        .updated_at = "2026-01-01T00:00:01.000Z",
    };
    fake.list[1] = fake.list[0];
    fake.list[1].id = ID_B;
    fake.payment = fake.list[0];
    fake.stored = true;
    ctx = (struct ctx){.arena = arena_new()};
    caller = (struct principal){.user_id = USER, .role = ROLE_CUSTOMER};
    limit = cursor = order_id = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static const struct http_route *route(const char *pattern)
{
    for (size_t i = 0; i < api_nroutes; i++)
        if (strcmp(api_routes[i].pattern, pattern) == 0)
            return &api_routes[i];
    fail_msg("there is no route %s", pattern);
    return NULL;
}

static struct err get(const char *pattern, const char *id)
{
    const struct http_request req = {
        .method = "GET", .path = pattern, .param = {id}, .body = "", .caller = caller};

    res = (struct http_response){.status = 200};
    return route(pattern)->handler(&ctx, &req, &res);
}

static void nothing_can_be_changed_and_nothing_seen_without_a_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_nroutes; i++) {
        assert_string_equal(api_routes[i].method, "GET");
        assert_int_equal(api_routes[i].unit, DB_READ);
        assert_true(api_routes[i].access == HTTP_USER || api_routes[i].access == HTTP_ADMIN);
    }
    assert_int_equal(route(PAYMENTS "/totals")->access, HTTP_ADMIN);
}

static void a_payment_is_shown_to_whom_it_belongs(void **state)
{
    (void)state;
    assert_int_equal(get(PAYMENT, ID_A).code, ERR_OK);
    assert_string_equal(res.body,
                        "{\"id\":\"" ID_A "\",\"order_id\":\"" ORDER "\",\"user_id\":\"" USER
                        "\",\"amount\":700,\"refunded\":700,\"currency\":\"EUR\","
                        "\"method\":\"pm_ok\",\"state\":\"REFUNDED\","
                        "\"reason\":\"changed my \\\"mind\\\"\","
                        "\"created_at\":\"2026-01-01T00:00:00.000Z\","
                        "\"updated_at\":\"2026-01-01T00:00:01.000Z\"}");
}

static void a_tombstone_has_no_method_and_no_reason(void **state)
{
    (void)state;
    fake.payment.method = fake.payment.reason = "";
    assert_int_equal(get(PAYMENT, ID_A).code, ERR_OK);
    assert_non_null(strstr(res.body, "\"method\":null"));
    assert_non_null(strstr(res.body, "\"reason\":null"));
}

static void anothers_payment_does_not_exist_but_for_an_admin(void **state)
{
    (void)state;
    caller.user_id = STRANGER;
    assert_int_equal(get(PAYMENT, ID_A).code, ERR_NOT_FOUND);
    caller.role = ROLE_ADMIN;
    assert_int_equal(get(PAYMENT, ID_A).code, ERR_OK);
}

static void a_list_holds_the_callers_own_but_for_an_admin(void **state)
{
    (void)state;
    order_id = ORDER;
    assert_int_equal(get(PAYMENTS, NULL).code, ERR_OK);
    assert_string_equal(fake.list_user, USER);
    assert_string_equal(fake.list_order, ORDER);
    caller.role = ROLE_ADMIN;
    assert_int_equal(get(PAYMENTS, NULL).code, ERR_OK);
    assert_null(fake.list_user);
}

static void pages_follow_each_other_to_the_end(void **state)
{
    struct json_in page, *items;

    (void)state;
    limit = "1";
    assert_int_equal(get(PAYMENTS, NULL).code, ERR_OK);
    page = json_in_parse(ctx.arena, res.body, strlen(res.body));
    assert_int_equal(json_in_list(&page, "items", 0, 10, &items), 1);
    assert_string_equal(json_in_id(&items[0], "id"), ID_A);
    cursor = json_in_str(&page, "next_cursor", 1, 200);
    assert_int_equal(json_in_done(&page).code, ERR_OK);

    assert_int_equal(get(PAYMENTS, NULL).code, ERR_OK);
    assert_string_equal(fake.list_after, ID_A);
    page = json_in_parse(ctx.arena, res.body, strlen(res.body));
    assert_int_equal(json_in_list(&page, "items", 0, 10, &items), 1);
    assert_string_equal(json_in_id(&items[0], "id"), ID_B);
    assert_non_null(strstr(res.body, "\"next_cursor\":null"));
}

static void refused(const char *pattern, const char *id, const char *msg)
{
    struct err err = get(pattern, id);

    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.msg, msg));
}

static void what_is_no_id_is_refused_by_name(void **state)
{
    (void)state;
    refused(PAYMENT, "17", "the payment id must be a UUID");
    order_id = "17";
    refused(PAYMENTS, NULL, "order_id must be a UUID");
    order_id = NULL;
    cursor = "17";
    refused(PAYMENTS, NULL, "cursor");
    cursor = NULL;
    limit = "0";
    refused(PAYMENTS, NULL, "limit");
}

static void the_totals_are_the_books(void **state)
{
    (void)state;
    fake.total = (struct payment_totals){
        .currency = "EUR", .payments = 3, .captured = 2100, .refunded = 700, .open = 1};
    caller.role = ROLE_ADMIN;
    assert_int_equal(get(PAYMENTS "/totals", NULL).code, ERR_OK);
    assert_string_equal(res.body, "{\"items\":[{\"currency\":\"EUR\",\"payments\":3,"
                                  "\"captured\":2100,\"refunded\":700,\"open\":1}]}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_can_be_changed_and_nothing_seen_without_a_token),
        TEST(a_payment_is_shown_to_whom_it_belongs),
        TEST(a_tombstone_has_no_method_and_no_reason),
        TEST(anothers_payment_does_not_exist_but_for_an_admin),
        TEST(a_list_holds_the_callers_own_but_for_an_admin),
        TEST(pages_follow_each_other_to_the_end),
        TEST(what_is_no_id_is_refused_by_name),
        TEST(the_totals_are_the_books),
    };

    return cmocka_run_group_tests_name("payment api", tests, NULL, NULL);
}
