/* test_api.c - the handlers of the order service, found in the route table and called
 * with fakes behind them. What they refuse is told in tests/e2e/test_bad_input.c, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "api.h"
#include "arena.h"
#include "fake_store.h"

#define USER   "01900000-0000-7000-8000-0000000000aa"
#define ORDERS "/api/v1/orders"

static struct ctx ctx;
static struct http_response res;
static const char *status, *limit, *cursor; /* of the query */

/* There is no connection here to read a query from. */
const char *http_query(const struct http_request *req, const char *name)
{
    (void)req;
    if (strcmp(name, "status") == 0)
        return status;
    return strcmp(name, "limit") == 0 ? limit : cursor;
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new()};
    status = limit = cursor = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static struct err call(const char *method, const char *pattern, const char *id, const char *body)
{
    const struct http_request req = {
        .method = method,
        .path = pattern,
        .param = {id            },
        .body = body,
        .body_len = strlen(body),
        .caller = { USER, ROLE_CUSTOMER},
    };

    res = (struct http_response){.status = 200};
    for (size_t i = 0; i < api_nroutes; i++)
        if (strcmp(api_routes[i].method, method) == 0 &&
            strcmp(api_routes[i].pattern, pattern) == 0)
            return api_routes[i].handler(&ctx, &req, &res);
    fail_msg("there is no route %s %s", method, pattern);
    return OK;
}

static struct err post(const char *body)
{
    return call("POST", ORDERS, NULL, body);
}

static void place(void)
{
    assert_int_equal(
        post("{\"lines\":[{\"sku\":\"MUG\",\"quantity\":2}],\"payment_method\":\"pm_ok\"}").code,
        ERR_OK);
}

static void an_order_is_created_with_its_place_and_its_price(void **state)
{
    (void)state;
    place();
    assert_int_equal(res.status, 201);
    assert_string_equal(res.location, arena_printf(ctx.arena, ORDERS "/%s", fake.order.id));
    assert_non_null(strstr(res.body, "\"status\":\"PENDING\""));
    assert_non_null(strstr(res.body, "\"total\":200"));
    assert_non_null(strstr(res.body, "\"tracking_number\":null"));
    assert_string_equal(fake.order.user_id, USER);
}

static void each_mistake_is_named_with_its_place(void **state)
{
    static const struct {
        const char *body, *mistake;
    } cases[] = {
        {"[]",                                                                                "object"        },
        {"{\"lines\":[],\"payment_method\":\"pm_ok\"}",                                       "lines"         },
        {"{\"lines\":[{\"sku\":\"a\",\"quantity\":1}],\"payment_method\":\"x\"}",             "lines[0].sku"  },
        {"{\"lines\":[{\"sku\":\"A\",\"quantity\":0}],\"payment_method\":\"x\"}",
         "lines[0].quantity"                                                                                  },
        {"{\"lines\":[{\"sku\":\"A\",\"quantity\":1}]}",                                      "payment_method"},
        {"{\"lines\":[{\"sku\":\"A\",\"quantity\":1}],\"payment_method\":\"x\",\"total\":1}",
         "total"                                                                                              },
        {"{\"lines\":[{\"sku\":\"A\",\"quantity\":1},{\"sku\":\"A\",\"quantity\":1}],"
         "\"payment_method\":\"x\"}",                                                "lines[1].sku"  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = post(cases[i].body);

        assert_int_equal(err.code, ERR_INVALID);
        assert_non_null(strstr(err.msg, cases[i].mistake));
    }
    assert_false(fake.stored);
}

static void an_order_is_shown_to_its_owner(void **state)
{
    (void)state;
    place();
    assert_int_equal(call("GET", ORDERS "/*", fake.order.id, "").code, ERR_OK);
    assert_non_null(strstr(res.body, "\"lines\":[{\"sku\":\"MUG\""));
    fake.order.user_id = "somebody else";
    assert_int_equal(call("GET", ORDERS "/*", fake.order.id, "").code, ERR_NOT_FOUND);
    assert_int_equal(call("GET", ORDERS "/*", "17", "").code, ERR_INVALID);
}

static void a_cancellation_is_accepted_and_later_reported_as_done(void **state)
{
    (void)state;
    place();
    assert_int_equal(call("POST", ORDERS "/*/cancel", fake.order.id, "").code, ERR_OK);
    assert_int_equal(res.status, 202);
    fake.order.status = ORDER_CANCELLED;
    assert_int_equal(call("POST", ORDERS "/*/cancel", fake.order.id, "").code, ERR_OK);
    assert_int_equal(res.status, 200);
}

static void the_timeline_tells_what_happened_and_why(void **state)
{
    (void)state;
    place();
    assert_int_equal(call("GET", ORDERS "/*/timeline", fake.order.id, "").code, ERR_OK);
    assert_non_null(strstr(res.body, "\"type\":\"order.created\",\"source\":\"order\""));
    assert_non_null(strstr(res.body, "\"cause\":\"customer\""));
}

static void a_list_takes_only_statuses_that_exist(void **state)
{
    (void)state;
    place();
    status = "PENDING";
    assert_int_equal(call("GET", ORDERS, NULL, "").code, ERR_OK);
    assert_non_null(strstr(res.body, "\"next_cursor\":null"));
    assert_null(strstr(res.body, "\"lines\"")); /* a list is short */
    status = "LOST";
    assert_int_equal(call("GET", ORDERS, NULL, "").code, ERR_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_is_created_with_its_place_and_its_price),
        TEST(each_mistake_is_named_with_its_place),
        TEST(an_order_is_shown_to_its_owner),
        TEST(a_cancellation_is_accepted_and_later_reported_as_done),
        TEST(the_timeline_tells_what_happened_and_why),
        TEST(a_list_takes_only_statuses_that_exist),
    };

    return cmocka_run_group_tests_name("order: API", tests, NULL, NULL);
}
