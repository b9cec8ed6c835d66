/* test_verdict.c - the books as the operator's tool judges them: what does not balance is told
 * with who is to blame, and what cannot be known is told, too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "books.h"
#include "wayctl.h"
#include "world.h"

static void sql(const char *service, const char *statement)
{
    stack("psql", text("%s -q -v ON_ERROR_STOP=1 -c \"%s\"", service, statement));
}

static void books_that_do_not_balance_are_noticed_with_the_order_to_blame(void **state)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");

    (void)state;
    await_status(&c, id, "SHIPPED");
    books_must_balance();
    sql("order",
        text("UPDATE orders SET updated_at = now() - interval '1 minute' WHERE id = '%s'", id));
    sql("payment", text("UPDATE payments SET amount = amount + 1 WHERE order_id = '%s'", id));
    must_say(wayctl("ledger verify --json"), WRONG, text("\"order\":\"%s\",\"claim\":", id));
    sql("payment", text("UPDATE payments SET amount = amount - 1 WHERE order_id = '%s'", id));
    await_said("ledger verify", FINE, "holds");
    books_must_balance();
}

static void stock_that_does_not_add_up_is_noticed_with_the_product_to_blame(void **state)
{
    const char *sku = product_new(100, 5, true);

    (void)state;
    product_new(100, 5, true);
    must_say(wayctl("stock audit"), FINE, "products: none");
    sql("inventory", text("UPDATE products SET reserved = 1 WHERE sku = '%s'", sku));
    must_say(wayctl("stock audit"), WRONG, sku);
    must_say(wayctl("stock audit --all --limit 1"), WRONG, sku);
    must_say(wayctl("ledger verify"), WRONG, "1 pieces reserved");
    sql("inventory", text("UPDATE products SET reserved = 0 WHERE sku = '%s'", sku));
    must_say(wayctl("stock audit --all --limit 10000"), FINE, sku);
    books_must_balance();
}

static void a_verdict_that_cannot_be_had_is_none(void **state)
{
    (void)state;
    stack("stop", "provider");
    must_say(wayctl("ledger verify --json"), UNKNOWN, "\"what\":\"provider\"");
    must_say(wayctl("ledger verify --json"), UNKNOWN,
             "\"our books and the provider's agree: captured\",\"verdict\":\"not known\"");
    must_say(wayctl("ledger verify --json"), UNKNOWN,
             "\"nothing is reserved\",\"verdict\":\"holds\"");
    stack("start", "provider");
    await_said("ledger verify", FINE, "holds");
}

static void what_is_broken_is_said_whoever_is_away(void **state)
{
    const char *sku = product_new(100, 5, true);

    (void)state;
    stack("stop", "provider");
    sql("inventory", text("UPDATE products SET reserved = 1 WHERE sku = '%s'", sku));
    must_say(wayctl("ledger verify --json"), WRONG,
             "\"nothing is reserved\",\"verdict\":\"BROKEN\"");
    sql("inventory", text("UPDATE products SET reserved = 0 WHERE sku = '%s'", sku));
    stack("start", "provider");
    await_said("ledger verify", FINE, "holds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_that_do_not_balance_are_noticed_with_the_order_to_blame),
        cmocka_unit_test(stock_that_does_not_add_up_is_noticed_with_the_product_to_blame),
        cmocka_unit_test(a_verdict_that_cannot_be_had_is_none),
        cmocka_unit_test(what_is_broken_is_said_whoever_is_away),
    };

    return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
