/* test_stored.c - the orders that bench/fill.sh stores are as good as any: the books balance,
 * and what belongs together is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdlib.h>

#include "books.h"
#include "world.h"

static void orders_stored_by_the_hundred_balance(void **state)
{
    const int64_t before = sql_int("order", "SELECT count(*) FROM orders");
    const char *command = text("bench/fill.sh %" PRId64 " >/dev/null", before + 400);

    (void)state;
    if (system(command) != 0) /* NOLINT(cert-env33-c): a script is what we want to run */
        fail_msg("failed: %s", command);
    assert_int_equal(sql_int("order", "SELECT count(*) FROM orders"), before + 400);
    books_must_balance();
}

static void what_belongs_to_them_is_there(void **state)
{
    (void)state;
    assert_true(sql_int("user", "SELECT count(*) FROM users WHERE email LIKE 'filled-%'") >= 4);
    /* All of these, and of the others those whose number begins so by chance. */
    assert_int_equal(
        sql_int("order", "SELECT count(*) FROM orders WHERE tracking_number LIKE 'WBF0%'"),
        sql_int("inventory",
                "SELECT count(*) FROM reservations WHERE tracking_number LIKE 'WBF0%'"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_stored_by_the_hundred_balance),
        cmocka_unit_test(what_belongs_to_them_is_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
