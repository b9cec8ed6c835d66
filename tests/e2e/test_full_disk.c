/* test_full_disk.c - the database's disk is full, as far as a service can tell, and the page
 * of docs/runbooks on it: a trigger answers what the server would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "books.h"
#include "wayctl.h"
#include "world.h"

static void sql(const char *database, const char *statement)
{
    stack("psql", text("%s -q -v ON_ERROR_STOP=1 -c \"%s\"", database, statement));
}

static void fill(const char *service, const char *table)
{
    sql(service, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql"
                 " AS 'BEGIN RAISE disk_full; END'");
    sql(service,
        text("CREATE TRIGGER no_room BEFORE INSERT ON %s EXECUTE FUNCTION no_room()", table));
}

static void make_room(const char *service)
{
    sql(service, "DROP FUNCTION no_room CASCADE");
}

static bool inventory_is_asked(void *arg)
{
    (void)arg;
    return queue_length("inventory") == 1;
}

static void orders_wait_for_room_and_no_event_is_a_dead_letter(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    fill("inventory", "reservations");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    assert_true(await(inventory_is_asked, NULL, 90)); /* it was let go of */
    assert_string_equal(order_status(&c, id), "PENDING");
    sql("postgres", "select datname, pg_size_pretty(pg_database_size(datname)) from pg_database");
    sql("order", "select relname, pg_size_pretty(pg_total_relation_size(oid)) from pg_class"
                 " where relkind = 'r' order by pg_total_relation_size(oid) desc limit 10");
    make_room("inventory");
    await_status(&c, id, "SHIPPED");
    must_say(wayctl("ledger verify --wait 60"), FINE, "");
    books_must_balance();
}

static void an_order_that_cannot_be_written_is_not_accepted(void **state)
{
    struct customer c = customer_new();
    const char *body = order_body(product_new(100, 5, true), 1, "pm_ok");
    struct reply r;

    (void)state;
    fill("order", "orders");
    r = order_try(&c, "full", body);
    assert_int_equal(r.status, 503);
    assert_non_null(reply_header(&r, "Retry-After"));
    reply_free(&r);
    make_room("order");
    r = order_try(&c, "full", body);
    assert_int_equal(r.status, 201);
    await_over(&c, reply_str(&r, "id"));
    reply_free(&r);
    books_must_balance();
}

static void what_cannot_be_recorded_is_not_done(void **state)
{
    struct customer c = customer_new();
    const char *id;

    (void)state;
    stack("stop", "payment");
    id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");
    fill("order", "operator_log");
    must_say(wayctl(text("saga cancel %s --yes", id)), UNKNOWN, "");
    assert_string_equal(order_status(&c, id), "PENDING");
    make_room("order");
    stack("start", "payment");
    await_status(&c, id, "SHIPPED");
    books_must_balance();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders_wait_for_room_and_no_event_is_a_dead_letter),
        cmocka_unit_test(an_order_that_cannot_be_written_is_not_accepted),
        cmocka_unit_test(what_cannot_be_recorded_is_not_done),
    };

    return cmocka_run_group_tests_name("full disk", tests, NULL, NULL);
}
