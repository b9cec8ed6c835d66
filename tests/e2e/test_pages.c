/* test_pages.c - lists page by page: nothing twice, nothing missing, whatever is added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <string.h>

#include "books.h"
#include "world.h"

enum { ORDERS = 7, MOST = 500 };

static struct customer customer;
static const char *sku, *placed[ORDERS];

static int set_up(void **state)
{
    (void)state;
    customer = customer_new();
    sku = product_new(100, 1000, true);
    for (size_t i = 0; i < ORDERS; i++) {
        placed[i] = order_new(&customer, sku, 1, i % 2 ? "pm_ok" : "pm_declined");
        await_over(&customer, placed[i]);
    }
    return 0;
}

/* Follow next_cursor to the end; the members 'key' of all items, in order. */
static size_t collect(const char *url, const char *key, const char *all[MOST])
{
    const char *cursor = NULL;
    size_t n = 0;

    do {
        struct reply r = client_send(&(struct request){
            .url = cursor ? text("%s&cursor=%s", url, cursor) : url, .token = customer.token});
        const cJSON *next = cJSON_GetObjectItem(r.json, "next_cursor");

        assert_int_equal(r.status, 200);
        for (size_t i = 0; i < reply_count(&r, "items"); i++) {
            assert_true(n < MOST);
            all[n++] = text("%s", reply_str(&r, text("items.%zu.%s", i, key)));
        }
        assert_non_null(next);
        cursor = cJSON_IsNull(next) ? NULL : text("%s", cJSON_GetStringValue(next));
        reply_free(&r);
    } while (cursor);
    return n;
}

static void orders_come_newest_first_each_exactly_once(void **state)
{
    const char *all[MOST] = {0};
    const char *const urls[] = {"/api/v1/orders?limit=1", "/api/v1/orders?limit=3",
                                "/api/v1/orders?limit=7", "/api/v1/orders?limit=100"};

    (void)state;
    for (size_t u = 0; u < sizeof(urls) / sizeof(urls[0]); u++) {
        assert_int_equal(collect(urls[u], "id", all), ORDERS);
        for (size_t i = 0; i < ORDERS; i++)
            assert_string_equal(all[i], placed[ORDERS - 1 - i]);
    }
}

static void orders_can_be_listed_by_status(void **state)
{
    const char *all[MOST] = {0};

    (void)state;
    assert_int_equal(collect("/api/v1/orders?limit=2&status=SHIPPED", "id", all), 3);
    assert_int_equal(collect("/api/v1/orders?limit=2&status=CANCELLED", "id", all), 4);
    assert_int_equal(collect("/api/v1/orders?limit=2&status=PENDING", "id", all), 0);
}

static void a_new_order_does_not_disturb_the_pages_that_follow(void **state)
{
    const struct customer c = customer_new(); /* others count this one's orders */
    const char *id[4];
    struct reply first, second;

    (void)state;
    for (size_t i = 0; i < 4; i++)
        id[i] = order_new(&c, sku, 1, "pm_ok");
    first = client_send(&(struct request){.url = "/api/v1/orders?limit=2", .token = c.token});
    assert_string_equal(reply_str(&first, "items.1.id"), id[2]);

    order_new(&c, sku, 1, "pm_ok"); /* a list by offset would show id[2] again */
    second = client_send(&(struct request){
        .url = text("/api/v1/orders?limit=2&cursor=%s", reply_str(&first, "next_cursor")),
        .token = c.token});
    assert_int_equal(reply_count(&second, "items"), 2);
    assert_string_equal(reply_str(&second, "items.0.id"), id[1]);
    assert_string_equal(reply_str(&second, "items.1.id"), id[0]);
    reply_free(&first);
    reply_free(&second);
}

static void products_come_by_sku_each_exactly_once(void **state)
{
    const char *all[MOST] = {0};
    size_t n = collect("/api/v1/products?limit=4", "sku", all);

    (void)state;
    assert_true(n >= 2);
    for (size_t i = 1; i < n; i++)
        assert_true(strcmp(all[i - 1], all[i]) < 0);
}

static void must_be_newest_first_each_once(const char *const ids[], size_t n)
{
    for (size_t i = 1; i < n; i++) /* ids grow with time */
        if (!ids[i - 1] || !ids[i] || strcmp(ids[i - 1], ids[i]) <= 0)
            fail_msg("number %zu is out of order", i);
}

static void notifications_and_payments_page_too(void **state)
{
    const char *all[MOST] = {0};
    int64_t told;

    (void)state;
    assert_int_equal(collect("/api/v1/payments?limit=2", "id", all), ORDERS);
    must_be_newest_first_each_once(all, ORDERS);

    books_must_balance(); /* the last notification is there */
    told = sql_int_of("notification", "SELECT count(*) FROM notifications WHERE user_id = $1::uuid",
                      customer.id);
    assert_true(told > ORDERS);
    assert_int_equal(collect("/api/v1/notifications?limit=2", "id", all), told);
    must_be_newest_first_each_once(all, (size_t)told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_come_newest_first_each_exactly_once),
        cmocka_unit_test(orders_can_be_listed_by_status),
        cmocka_unit_test(a_new_order_does_not_disturb_the_pages_that_follow),
        cmocka_unit_test(products_come_by_sku_each_exactly_once),
        cmocka_unit_test(notifications_and_payments_page_too),
    };

    return cmocka_run_group_tests_name("pages", tests, set_up, NULL);
}
