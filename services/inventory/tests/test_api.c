/* test_api.c - the handlers of the inventory service, found in the route table and
 * called with a fake store behind them. */
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

#define PRODUCTS "/api/v1/products"
#define PRODUCT  PRODUCTS "/*"
#define RESTOCK  PRODUCTS "/*/restock"
#define PRICES   "/internal/products"

static struct ctx ctx;
static struct http_response res;
static const char *limit, *cursor, *skus; /* of the query */

/* There is no connection here to read a query from. */
const char *http_query(const struct http_request *req, const char *name)
{
    (void)req;
    if (strcmp(name, "limit") == 0)
        return limit;
    if (strcmp(name, "cursor") == 0)
        return cursor;
    return strcmp(name, "skus") == 0 ? skus : NULL;
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    fake.products[0] = (struct product){
        .sku = "MUG", .name = "A mug", .currency = "EUR", .price = 1290, .shippable = true};
    fake.products[0].initial = fake.products[0].on_hand = 5;
    fake.products[0].reserved = 2;
    fake.products[0].updated_at = "2026-01-01T00:00:00.000Z";
    fake.products[1] = (struct product){.sku = "TEE", .name = "A \"tee\"", .currency = "EUR"};
    fake.nproducts = 2;
    ctx = (struct ctx){.arena = arena_new()};
    limit = cursor = skus = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static const struct http_route *route(const char *method, const char *pattern)
{
    for (size_t i = 0; i < api_nroutes; i++)
        if (strcmp(api_routes[i].method, method) == 0 &&
            strcmp(api_routes[i].pattern, pattern) == 0)
            return &api_routes[i];
    fail_msg("there is no route %s %s", method, pattern);
    return NULL;
}

static struct err call(const char *method, const char *pattern, const char *sku, const char *body)
{
    const struct http_request req = {
        .method = method,
        .path = pattern,
        .param = {sku},
        .body = body,
        .body_len = strlen(body),
    };

    res = (struct http_response){.status = 200};
    return route(method, pattern)->handler(&ctx, &req, &res);
}

static void assert_answer(struct err err, int status, const char *body)
{
    assert_int_equal(err.code, ERR_OK);
    assert_int_equal(res.status, status);
    assert_string_equal(res.body, body);
}

static const char mug[] = "{\"sku\":\"MUG\",\"name\":\"A mug\",\"price\":1290,"
                          "\"currency\":\"EUR\",\"available\":3}";
static const char tee[] = "{\"sku\":\"TEE\",\"name\":\"A \\\"tee\\\"\",\"price\":0,"
                          "\"currency\":\"EUR\",\"available\":0}";

static void only_admins_may_change_anything(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_nroutes; i++) {
        const struct http_route *r = &api_routes[i];

        if (strcmp(r->method, "GET") != 0) {
            assert_int_equal(r->access, HTTP_ADMIN);
            assert_int_equal(r->unit, DB_WRITE);
        }
        assert_int_equal(r->idempotent, strcmp(r->method, "POST") == 0);
    }
    assert_int_equal(route("GET", PRODUCTS)->access, HTTP_PUBLIC);
    assert_int_equal(route("GET", PRODUCT)->access, HTTP_PUBLIC);
    assert_int_equal(route("GET", PRODUCTS "/*/stock")->access, HTTP_ADMIN);
    assert_int_equal(route("GET", PRICES)->access, HTTP_INTERNAL);
}

static void everybody_sees_what_is_available(void **state)
{
    struct err err;

    (void)state;
    assert_answer(call("GET", PRODUCT, "MUG", ""), 200, mug);
    err = call("GET", PRODUCT, "GONE", "");
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.msg, "there is no product GONE");
}

static void pages_follow_each_other_to_the_end(void **state)
{
    struct json_in page;

    (void)state;
    limit = "1";
    assert_int_equal(call("GET", PRODUCTS, NULL, "").code, ERR_OK);
    page = json_in_parse(ctx.arena, res.body, strlen(res.body));
    cursor = json_in_str(&page, "next_cursor", 1, 200);
    assert_int_equal(json_in_done(&page).code, ERR_OK);
    assert_answer(call("GET", PRODUCTS, NULL, ""), 200,
                  arena_printf(ctx.arena, "{\"items\":[%s],\"next_cursor\":null}", tee));
    limit = cursor = NULL;
    assert_answer(call("GET", PRODUCTS, NULL, ""), 200,
                  arena_printf(ctx.arena, "{\"items\":[%s,%s],\"next_cursor\":null}", mug, tee));
}

static void a_page_that_makes_no_sense_is_refused(void **state)
{
    struct err err;

    (void)state;
    limit = "0";
    assert_int_equal(call("GET", PRODUCTS, NULL, "").code, ERR_INVALID);
    limit = NULL;
    cursor = "MTptdWc"; /* of the form of ours, but no sku: "mug" */
    err = call("GET", PRODUCTS, NULL, "");
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, "cursor is not one that a list has given");
}

static void a_path_must_hold_a_sku(void **state)
{
    static const struct {
        const char *method, *pattern, *body;
    } requests[] = {
        {"GET",   PRODUCT,             ""                },
        {"GET",   PRODUCTS "/*/stock", ""                },
        {"PATCH", PRODUCT,             "{\"price\":1}"   },
        {"POST",  RESTOCK,             "{\"quantity\":1}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        struct err err = call(requests[i].method, requests[i].pattern, "mug", requests[i].body);

        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.msg, "the sku must be 1 to 64 of A-Z, 0-9 and -");
    }
}

static void admins_see_the_books(void **state)
{
    (void)state;
    assert_answer(call("GET", PRODUCTS "/*/stock", "MUG", ""), 200,
                  "{\"sku\":\"MUG\",\"initial\":5,\"restocked\":0,\"dispatched\":0,\"on_hand\":5,"
                  "\"reserved\":2,\"available\":3,\"shippable\":true,"
                  "\"updated_at\":\"2026-01-01T00:00:00.000Z\"}");
}

static void a_new_product_has_an_address(void **state)
{
    (void)state;
    assert_answer(call("POST", PRODUCTS, NULL,
                       "{\"sku\":\"NEW-1\",\"name\":\"N\",\"price\":0,\"currency\":\"USD\","
                       "\"on_hand\":9,\"shippable\":false}"),
                  201,
                  "{\"sku\":\"NEW-1\",\"name\":\"N\",\"price\":0,\"currency\":\"USD\","
                  "\"available\":9}");
    assert_string_equal(res.location, "/api/v1/products/NEW-1");
    assert_int_equal(fake_product("NEW-1")->initial, 9);
    assert_false(fake_product("NEW-1")->shippable);
}

static void a_product_without_stock_can_be_shipped_once_there_is_some(void **state)
{
    (void)state;
    assert_int_equal(call("POST", PRODUCTS, NULL,
                          "{\"sku\":\"NEW\",\"name\":\"N\",\"price\":1,\"currency\":\"EUR\"}")
                         .code,
                     ERR_OK);
    assert_int_equal(fake_product("NEW")->on_hand, 0);
    assert_true(fake_product("NEW")->shippable);
}

static void a_sku_that_exists_cannot_be_made_again(void **state)
{
    struct err err = call("POST", PRODUCTS, NULL,
                          "{\"sku\":\"MUG\",\"name\":\"N\",\"price\":1,\"currency\":\"EUR\"}");

    (void)state;
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.msg, "product MUG exists already");
}

static void each_member_can_be_changed_alone(void **state)
{
    (void)state;
    assert_int_equal(call("PATCH", PRODUCT, "MUG", "{\"price\":0}").code, ERR_OK);
    assert_int_equal(fake.products[0].price, 0);
    assert_string_equal(fake.products[0].name, "A mug");
    assert_true(fake.products[0].shippable);
    assert_int_equal(call("PATCH", PRODUCT, "MUG", "{\"shippable\":false}").code, ERR_OK);
    assert_false(fake.products[0].shippable);
    assert_int_equal(call("PATCH", PRODUCT, "MUG", "{\"name\":\"M\"}").code, ERR_OK);
    assert_string_equal(fake.products[0].name, "M");
    assert_false(fake.products[0].shippable);
    assert_int_equal(call("PATCH", PRODUCT, "MUG", "{\"shippable\":true}").code, ERR_OK);
    assert_true(fake.products[0].shippable);
}

static void a_restock_answers_with_the_product(void **state)
{
    (void)state;
    assert_answer(call("POST", RESTOCK, "MUG", "{\"quantity\":1000000}"), 200,
                  "{\"sku\":\"MUG\",\"name\":\"A mug\",\"price\":1290,"
                  "\"currency\":\"EUR\",\"available\":1000003}");
}

static void refused(const char *method, const char *pattern, const char *body, const char *msg)
{
    struct err err = call(method, pattern, "MUG", body);

    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, msg);
    assert_int_equal(fake.nproducts, 2);
    assert_int_equal(fake.products[0].price, 1290);
    assert_int_equal(fake.products[0].restocked, 0);
}

static void refused_product(const char *sku_and_more, const char *price, const char *currency,
                            const char *msg)
{
    refused("POST", PRODUCTS,
            arena_printf(ctx.arena, "{%s,\"name\":\"N\",\"price\":%s,\"currency\":\"%s\"}",
                         sku_and_more, price, currency),
            msg);
}

static void a_bad_product_is_refused_by_the_name_of_what_is_wrong(void **state)
{
    static const char range[] = "on_hand must be between 0 and 1000000000";

    (void)state;
    refused("POST", PRODUCTS, "{\"name\":\"N\"}", "missing member sku");
    refused_product("\"sku\":1", "1", "EUR", "sku must be a string");
    refused_product("\"sku\":\"\"", "1", "EUR", "sku must be 1 to 64 bytes long");
    refused_product("\"sku\":\"a\"", "1", "EUR", "sku may hold only A-Z, 0-9 and -");
    refused_product("\"sku\":\"A\",\"colour\":1", "1", "EUR", "unknown member colour");
    refused_product("\"sku\":\"A\",\"on_hand\":-1", "1", "EUR", range);
    refused_product("\"sku\":\"A\",\"on_hand\":1000000001", "1", "EUR", range);
    refused_product("\"sku\":\"A\",\"shippable\":1", "1", "EUR", "shippable must be true or false");
    refused_product("\"sku\":\"A\"", "-1", "EUR", "price must be between 0 and 100000000");
    refused_product("\"sku\":\"A\"", "1", "eur", "currency must be three letters A-Z");
}

static void a_bad_change_is_refused_by_the_name_of_what_is_wrong(void **state)
{
    static const char nothing[] = "give at least one of price, name and shippable";

    (void)state;
    refused("PATCH", PRODUCT, "{}", nothing);
    refused("PATCH", PRODUCT, "{\"price\":null}", nothing);
    refused("PATCH", PRODUCT, "{\"price\":1.5}", "price must be a whole number");
    refused("PATCH", PRODUCT, "{\"price\":-1}", "price must be between 0 and 100000000");
    refused("PATCH", PRODUCT, "{\"name\":\"\"}", "name must be 1 to 200 bytes long");
    refused("PATCH", PRODUCT, "{\"shippable\":\"no\"}", "shippable must be true or false");
    refused("PATCH", PRODUCT, "{\"price\":1,\"sku\":\"TEE\"}", "unknown member sku");
}

static void a_bad_restock_is_refused_by_the_name_of_what_is_wrong(void **state)
{
    (void)state;
    refused("POST", RESTOCK, "{}", "missing member quantity");
    refused("POST", RESTOCK, "{\"quantity\":0}", "quantity must be between 1 and 1000000");
    refused("POST", RESTOCK, "{\"quantity\":1000001}", "quantity must be between 1 and 1000000");
    refused("POST", RESTOCK, "{\"quantity\":\"1\"}", "quantity must be a whole number");
}

static void prices_are_told_for_the_skus_that_there_are(void **state)
{
    (void)state;
    skus = "TEE,GONE,mug,,MUG";
    assert_answer(call("GET", PRICES, NULL, ""), 200,
                  arena_printf(ctx.arena, "{\"items\":[%s,%s],\"next_cursor\":null}", tee, mug));
    skus = "GONE";
    assert_answer(call("GET", PRICES, NULL, ""), 200, "{\"items\":[],\"next_cursor\":null}");
}

static void prices_are_asked_for_one_to_fifty_skus(void **state)
{
    const char *text = "A";
    struct err err;

    (void)state;
    for (int i = 1; i < INVENTORY_MAX_LINES; i++)
        text = arena_printf(ctx.arena, "%s,A", text);
    skus = text;
    assert_int_equal(call("GET", PRICES, NULL, "").code, ERR_OK);
    skus = arena_printf(ctx.arena, "%s,", text);
    err = call("GET", PRICES, NULL, "");
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, "skus may name at most 50 products");
    skus = "";
    assert_int_equal(call("GET", PRICES, NULL, "").code, ERR_INVALID);
    skus = NULL;
    assert_int_equal(call("GET", PRICES, NULL, "").code, ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_admins_may_change_anything),
        TEST(everybody_sees_what_is_available),
        TEST(pages_follow_each_other_to_the_end),
        TEST(a_page_that_makes_no_sense_is_refused),
        TEST(a_path_must_hold_a_sku),
        TEST(admins_see_the_books),
        TEST(a_new_product_has_an_address),
        TEST(a_product_without_stock_can_be_shipped_once_there_is_some),
        TEST(a_sku_that_exists_cannot_be_made_again),
        TEST(each_member_can_be_changed_alone),
        TEST(a_restock_answers_with_the_product),
        TEST(a_bad_product_is_refused_by_the_name_of_what_is_wrong),
        TEST(a_bad_change_is_refused_by_the_name_of_what_is_wrong),
        TEST(a_bad_restock_is_refused_by_the_name_of_what_is_wrong),
        TEST(prices_are_told_for_the_skus_that_there_are),
        TEST(prices_are_asked_for_one_to_fifty_skus),
    };

    return cmocka_run_group_tests_name("inventory: api", tests, NULL, NULL);
}
