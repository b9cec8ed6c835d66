/* test_kill.c - two services at once are killed in the middle of 200 orders, and come back
 * when somebody says "up": nothing is lost, nothing is done twice, every order ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "books.h"
#include "crowd.h"
#include "world.h"

enum {
    PEOPLE = 20,
    EACH = 10,
    ORDERS = PEOPLE * EACH,
    BEFORE = 40,     /* accepted orders after which the operator strikes */
    MEANWHILE = 100, /* the others are placed when the services are dead */
    PATIENCE_S = 180,
};

static struct shop {
    struct customer customer;
    const char *sku, *ids[ORDERS];
    atomic_int accepted;
    atomic_bool dead, failed;
} shop;

static const char *const methods[] = {"pm_ok", "pm_ok", "pm_declined", "pm_flaky"};

static bool enough_to_strike(void *arg)
{
    (void)arg;
    return shop.accepted >= BEFORE;
}

static bool may_go_on(void *arg)
{
    (void)arg;
    return shop.accepted < MEANWHILE || shop.dead;
}

/* As a careful client does: the same key again until there is an answer. */
static bool placed(void *arg)
{
    const size_t n = *(size_t *)arg;
    struct reply r = order_try(&shop.customer, text("kill-%s-%zu", shop.sku, n),
                               order_body(shop.sku, 1, methods[n % 4]));
    const bool done = r.status == 201;

    if (done)
        shop.ids[n] = text("%s", reply_str(&r, "id"));
    else if (r.status != 0 && r.status != 409 && r.status < 500)
        shop.failed = true;
    reply_free(&r);
    return done || shop.failed;
}

static void shell(const char *command)
{
    if (system(command) != 0) /* NOLINT(cert-env33-c): a script is what we want to run */
        shop.failed = true;
}

/* Under Compose a kill is the operator's, and what he killed stays away until he says "up". */
static void kill_and_revive(void)
{
    const char *kill = getenv("KILL_COMMAND"), *stack = world_env("STACK_COMMAND");

    if (!await(enough_to_strike, NULL, PATIENCE_S))
        shop.failed = true;
    if (kill)
        shell(text("%s order payment >/dev/null 2>&1", kill));
    else
        shell(text("%s kill order KILL && %s kill payment KILL", stack, stack));
    shop.dead = true;
    shell(text("NO_BUILD=images NO_SAMPLE=1 %s up >/dev/null", stack));
}

static void operator_or_customer(size_t number, void *arg)
{
    (void)arg;
    if (number == PEOPLE) {
        kill_and_revive();
        return;
    }
    for (size_t i = 0; i < EACH && !shop.failed; i++) {
        size_t n = number * EACH + i;

        if (!await(may_go_on, NULL, PATIENCE_S) || !await(placed, &n, PATIENCE_S))
            shop.failed = true;
        else
            shop.accepted++;
    }
}

static void every_one_of_200_orders_ends_although_order_and_payment_are_killed(void **state)
{
    (void)state;
    shop.customer = customer_new();
    shop.sku = product_new(100, ORDERS / 2, true);
    crowd_run(PEOPLE + 1, operator_or_customer, NULL);
    assert_false(shop.failed);
    assert_int_equal(shop.accepted, ORDERS);
    for (size_t i = 0; i < ORDERS; i++)
        await_over(&shop.customer, shop.ids[i]);
    assert_int_equal(sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid",
                                shop.customer.id),
                     ORDERS);
    books_must_balance();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_one_of_200_orders_ends_although_order_and_payment_are_killed),
    };

    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
