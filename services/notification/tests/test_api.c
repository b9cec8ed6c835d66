/* test_api.c - the handlers of the notification service, found in the route table and
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

#define LIST   "/api/v1/notifications"
#define ONE    LIST "/*"
#define TOTALS LIST "/totals"

#define NEWER "0193b9a0-0000-7000-8000-000000000002"
#define OLDER "0193b9a0-0000-7000-8000-000000000001"
#define ORDER "0193b9a0-0000-7000-8000-0000000000f0"
#define ADA   "0193b9a0-0000-7000-8000-00000000000a"
#define BOB   "0193b9a0-0000-7000-8000-00000000000b"

static struct ctx ctx;
static struct http_response res;
static const char *limit, *cursor, *order_id; /* of the query */

static const struct principal ada = {ADA, ROLE_CUSTOMER};
static const struct principal bob = {BOB, ROLE_CUSTOMER};
static const struct principal root = {BOB, ROLE_ADMIN};

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

static struct notification stored(const char *id, enum notification_state state)
{
    return (struct notification){
        .id = id,
        .event_id = "e1",
        .user_id = ADA,
        .order_id = ORDER,
        .kind = "order.created",
        .subject = "A \"subject\"",
        .body = "A body",
        .state = state,
        .reason = "none of your business",
        .created_at = "2026-01-01T00:00:00.000Z",
        .sent_at = state == NOTIFICATION_SENT ? "2026-01-01T00:00:01.000Z" : NULL,
    };
}

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    limit = cursor = order_id = NULL;
    memset(&fake, 0, sizeof(fake));
    fake.list[0] = stored(NEWER, NOTIFICATION_PENDING);
    fake.list[1] = stored(OLDER, NOTIFICATION_SENT);
    fake.n = 2;
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

static struct err get(const char *pattern, const char *id, const struct principal *caller)
{
    res = (struct http_response){.status = 200};
    return route(pattern)->handler(
        &ctx, &(struct http_request){.param = {id}, .body = "", .caller = *caller}, &res);
}

static void assert_error(struct err err, enum err_code code, const char *msg)
{
    assert_int_equal(err.code, code);
    assert_string_equal(err.msg, msg);
}

#define SEEN(id, state, sent_at)                                                                   \
    "{\"id\":\"" id "\",\"order_id\":\"" ORDER "\",\"kind\":\"order.created\",\"subject\":\"A "    \
    "\\\"subject\\\"\",\"body\":\"A body\",\"state\":\"" state                                     \
    "\",\"created_at\":\"2026-01-01T00:00:00.000Z\",\"sent_at\":" sent_at "}"

static const char newer[] = SEEN(NEWER, "PENDING", "null");
static const char older[] = SEEN(OLDER, "SENT", "\"2026-01-01T00:00:01.000Z\"");

static void everything_here_needs_a_token_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_nroutes; i++) {
        assert_true(api_routes[i].access == HTTP_USER || api_routes[i].access == HTTP_ADMIN);
        assert_string_equal(api_routes[i].method, "GET");
        assert_int_equal(api_routes[i].unit, DB_READ);
    }
    assert_int_equal(route(TOTALS)->access, HTTP_ADMIN);
    assert_true(route(TOTALS) < route(ONE)); /* the first that fits wins */
}

static void a_customer_sees_its_own_and_not_anothers(void **state)
{
    (void)state;
    assert_int_equal(get(ONE, NEWER, &ada).code, ERR_OK);
    assert_int_equal(res.status, 200);
    assert_string_equal(res.body, newer);
    assert_error(get(ONE, NEWER, &bob), ERR_NOT_FOUND, "there is no notification " NEWER);
    assert_error(get(ONE, "42", &ada), ERR_INVALID, "the notification id must be a UUID");
}

static void an_administrator_sees_everybodys(void **state)
{
    (void)state;
    assert_int_equal(get(ONE, NEWER, &root).code, ERR_OK);
    assert_string_equal(res.body, newer);
    assert_int_equal(get(LIST, NULL, &root).code, ERR_OK);
    assert_null(fake.user_id);
}

static void a_list_is_of_the_caller_and_of_one_order_if_asked(void **state)
{
    (void)state;
    assert_int_equal(get(LIST, NULL, &ada).code, ERR_OK);
    assert_string_equal(
        res.body,
        arena_printf(ctx.arena, "{\"items\":[%s,%s],\"next_cursor\":null}", newer, older));
    assert_string_equal(fake.user_id, ADA);
    assert_null(fake.order_id);
    order_id = ORDER;
    assert_int_equal(get(LIST, NULL, &ada).code, ERR_OK);
    assert_string_equal(fake.order_id, ORDER);
    order_id = "42";
    assert_error(get(LIST, NULL, &ada), ERR_INVALID, "order_id must be a UUID");
}

static void a_list_goes_on_where_its_cursor_says(void **state)
{
    (void)state;
    limit = "1";
    assert_int_equal(get(LIST, NULL, &ada).code, ERR_OK);
    assert_int_equal(fake.limit, 2); /* one more than is shown */
    assert_null(strstr(res.body, OLDER));
    cursor = strstr(res.body, "\"next_cursor\":\"");
    assert_non_null(cursor);
    cursor += strlen("\"next_cursor\":\"");
    cursor = arena_strndup(ctx.arena, cursor, strcspn(cursor, "\""));
    assert_int_equal(get(LIST, NULL, &ada).code, ERR_OK);
    assert_string_equal(fake.after, NEWER);
    cursor = "MTp4"; /* a good cursor, but "x" is no id */
    assert_error(get(LIST, NULL, &ada), ERR_INVALID, "cursor is not one that a list has given");
    cursor = NULL;
    limit = "1000";
    assert_error(get(LIST, NULL, &ada), ERR_INVALID, "limit must be a whole number from 1 to 100");
}

static void the_totals_are_by_kind_and_state(void **state)
{
    (void)state;
    assert_int_equal(get(TOTALS, NULL, &root).code, ERR_OK);
    assert_string_equal(
        res.body,
        "{\"items\":[{\"kind\":\"order.created\",\"state\":\"SENT\",\"notifications\":3}]}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_here_needs_a_token_and_changes_nothing),
        TEST(a_customer_sees_its_own_and_not_anothers),
        TEST(an_administrator_sees_everybodys),
        TEST(a_list_is_of_the_caller_and_of_one_order_if_asked),
        TEST(a_list_goes_on_where_its_cursor_says),
        TEST(the_totals_are_by_kind_and_state),
    };

    return cmocka_run_group_tests_name("notification api", tests, NULL, NULL);
}
