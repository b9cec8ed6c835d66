/* test_race.c - many want the same: the last item, the same idempotency key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "books.h"
#include "crowd.h"
#include "world.h"

enum { BUYERS = 50, PATIENCE_S = 90 };

struct sale {
    struct customer customer;
    const char *body, *key; /* key: NULL for one of each buyer's own */
    struct reply reply[BUYERS];
};

struct attempt {
    struct sale *sale;
    struct reply *reply;
    const char *key;
};

/* A 503 that says when to come back is no verdict: what is busy may say it. */
static bool answered(void *arg)
{
    const struct attempt *a = arg;

    reply_free(a->reply);
    *a->reply = order_try(&a->sale->customer, a->key, a->sale->body);
    return a->reply->status != 503 || !reply_header(a->reply, "Retry-After");
}

static void buy(size_t number, void *arg)
{
    struct sale *s = arg;
    struct attempt a = {s, &s->reply[number], s->key ? s->key : text("buyer %zu", number)};

    await(answered, &a, PATIENCE_S);
}

static void the_last_item_of_50_concurrent_orders_is_sold_once(void **state)
{
    struct sale s = {.customer = customer_new()};
    const char *sku = product_new(100, 1, true), *id[BUYERS];
    size_t shipped = 0, cancelled = 0;

    (void)state;
    s.body = order_body(sku, 1, "pm_ok");
    crowd_run(BUYERS, buy, &s);
    for (size_t i = 0; i < BUYERS; i++) {
        assert_int_equal(s.reply[i].status, 201);
        id[i] = text("%s", reply_str(&s.reply[i], "id"));
        reply_free(&s.reply[i]);
    }
    for (size_t i = 0; i < BUYERS; i++) {
        await_over(&s.customer, id[i]);
        if (strcmp(order_status(&s.customer, id[i]), "SHIPPED") == 0)
            shipped++;
        else
            cancelled++;
    }
    assert_int_equal(shipped, 1);
    assert_int_equal(cancelled, BUYERS - 1);
    books_must_balance();
}

static void one_key_used_by_50_at_once_places_one_order(void **state)
{
    struct sale s = {.customer = customer_new(), .key = "the same key"};
    const char *sku = product_new(100, 100, true), *id = NULL;

    (void)state;
    s.body = order_body(sku, 1, "pm_ok");
    crowd_run(BUYERS, buy, &s);
    for (size_t i = 0; i < BUYERS; i++) {
        if (s.reply[i].status != 201)
            fail_msg("%d %s", s.reply[i].status, s.reply[i].body);
        if (!id)
            id = text("%s", reply_str(&s.reply[i], "id"));
        assert_string_equal(reply_str(&s.reply[i], "id"), id);
        reply_free(&s.reply[i]);
    }
    assert_int_equal(
        sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid", s.customer.id),
        1);
    await_over(&s.customer, id);
    books_must_balance();
}

struct registration {
    const char *body;
    int status[8];
};

static void register_them(size_t number, void *arg)
{
    struct registration *r = arg;
    struct reply reply = client_send(&(struct request){.url = "/api/v1/users", .body = r->body});

    r->status[number] = reply.status;
    reply_free(&reply);
}

static void an_address_registered_by_many_at_once_is_one_account(void **state)
{
    const char *email = text("twin-of-%s", customer_new().email);
    struct registration r = {
        .body = text("{\"email\":\"%s\",\"name\":\"A\",\"password\":\"correct horse\"}", email)};
    int created = 0;

    (void)state;
    crowd_run(8, register_them, &r);
    for (size_t i = 0; i < 8; i++) {
        assert_true(r.status[i] == 201 || r.status[i] == 409);
        created += r.status[i] == 201;
    }
    assert_int_equal(created, 1);
    assert_int_equal(sql_int_of("user", "SELECT count(*) FROM users WHERE email = $1", email), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_item_of_50_concurrent_orders_is_sold_once),
        cmocka_unit_test(one_key_used_by_50_at_once_places_one_order),
        cmocka_unit_test(an_address_registered_by_many_at_once_is_one_account),
    };

    return cmocka_run_group_tests_name("races", tests, NULL, NULL);
}
