/* test_crash.c - kill -9 any one service in the middle of its work: nothing is lost,
 * nothing is done twice, every order ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "books.h"
#include "world.h"

enum { ORDERS = 40, PATIENCE_S = 90 };

struct purchase {
    char *key, *body, *id;
};

static const char *const methods[] = {"pm_ok", "pm_ok", "pm_declined", "pm_flaky"};

/* As a careful client does: the same key again until there is an answer. */
static bool placed(void *arg)
{
    void **args = arg;
    struct purchase *p = args[1];
    struct reply r = order_try(args[0], p->key, p->body);
    bool done = r.status == 201;

    if (done)
        p->id = text("%s", reply_str(&r, "id"));
    else if (r.status != 0 && r.status != 409 && r.status < 500)
        fail_msg("%d %s", r.status, r.body);
    reply_free(&r);
    return done;
}

static void every_order_ends_although_this_dies(const char *component)
{
    struct customer c;
    const char *sku;
    struct purchase p[ORDERS] = {{0}};

    await_healthy(); /* the last one has come back */
    c = customer_new();
    sku = product_new(100, ORDERS / 2, true);

    for (size_t i = 0; i < ORDERS; i++) {
        void *args[] = {&c, &p[i]};

        p[i].key = text("%s-%zu", component, i);
        p[i].body = text("%s", order_body(sku, 1, methods[i % 4]));
        if (!await(placed, args, PATIENCE_S))
            fail_msg("order %zu was not accepted in %d s after %s died", i, PATIENCE_S, component);
        if (i == ORDERS / 4 || i == ORDERS / 2)
            stack("kill", text("%s KILL", component));
    }
    for (size_t i = 0; i < ORDERS; i++)
        await_over(&c, p[i].id);
    assert_int_equal(
        sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid", c.id), ORDERS);
    books_must_balance();
}

#define DIES(component, instance)                                                                  \
    static void every_order_ends_although_##component##_dies(void **state)                         \
    {                                                                                              \
        (void)state;                                                                               \
        every_order_ends_although_this_dies(instance);                                             \
    }

DIES(user, "user-1")
DIES(order, "order-1")
DIES(inventory, "inventory-1")
DIES(payment, "payment-1")
DIES(notification, "notification-1")
DIES(the_provider, "provider")
DIES(the_gateway, "gateway")
DIES(postgres, "postgres")
DIES(redis, "redis")
DIES(rabbitmq, "rabbitmq")

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_ends_although_user_dies),
        cmocka_unit_test(every_order_ends_although_order_dies),
        cmocka_unit_test(every_order_ends_although_inventory_dies),
        cmocka_unit_test(every_order_ends_although_payment_dies),
        cmocka_unit_test(every_order_ends_although_notification_dies),
        cmocka_unit_test(every_order_ends_although_the_provider_dies),
        cmocka_unit_test(every_order_ends_although_the_gateway_dies),
        cmocka_unit_test(every_order_ends_although_postgres_dies),
        cmocka_unit_test(every_order_ends_although_redis_dies),
        cmocka_unit_test(every_order_ends_although_rabbitmq_dies),
    };

    return cmocka_run_group_tests_name("crashes", tests, NULL, NULL);
}
