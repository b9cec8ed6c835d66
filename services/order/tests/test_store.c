/* test_store.c - the SQL of the order service, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "id.h"
#include "store.h"
#include "testing.h"
#include "usecases.h"

static struct testing *env;
static struct ctx *ctx;

static int open_database(void **state)
{
    (void)state;
    env = testing_open(migrations, nmigrations);
    ctx = &env->ctx;
    return 0;
}

static int close_database(void **state)
{
    (void)state;
    testing_close(env);
    return 0;
}

static int empty_tables(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_rollback(ctx);
    ctx->nsubjects = 0;
    ctx->ahead = NULL;
    return (int)db_exec_params(ctx, &rows, "TRUNCATE orders, order_lines, order_events", NULL, 0)
        .code;
}

static struct order insert(const char *user_id, int64_t deadline_s)
{
    static struct order_line lines[] = {
        {"WB-TEE", 2, 1999},
        {"WB-MUG", 1, 1250},
    };
    struct order o = {
        .id = id_new(ctx->arena),
        .user_id = user_id,
        .status = ORDER_PENDING,
        .payment_method = "pm_ok",
        .currency = "EUR",
        .lines = lines,
        .nlines = 2,
        .version = 1,
        .reason = "",
        .reservation_id = "",
        .tracking_number = "",
    };

    order_compute_total(&o);
    assert_int_equal(store_insert(ctx, &o, deadline_s).code, ERR_OK);
    return o;
}

static void an_order_comes_back_as_it_was_stored(void **state)
{
    const char *user = id_new(ctx->arena);
    struct order put = insert(user, 60), got;

    (void)state;
    assert_int_equal(store_find(ctx, put.id, user, &got).code, ERR_OK);
    assert_string_equal(got.id, put.id);
    assert_string_equal(got.user_id, user);
    assert_string_equal(got.payment_method, "pm_ok");
    assert_string_equal(got.currency, "EUR");
    assert_int_equal(got.status, ORDER_PENDING);
    assert_int_equal(got.total, 5248);
    assert_int_equal(got.version, 1);
    assert_string_equal(got.created_at, put.created_at);
    assert_int_equal(got.nlines, 2);
    assert_string_equal(got.lines[0].sku, "WB-TEE"); /* in the order given */
    assert_int_equal(got.lines[1].unit_price, 1250);
}

static void another_users_order_is_not_found(void **state)
{
    struct order put = insert(id_new(ctx->arena), 60), got;

    (void)state;
    assert_int_equal(store_find(ctx, put.id, id_new(ctx->arena), &got).code, ERR_NOT_FOUND);
    assert_int_equal(store_lock(ctx, put.id, id_new(ctx->arena), &got).code, ERR_NOT_FOUND);
    assert_int_equal(store_find(ctx, put.id, NULL, &got).code, ERR_OK);
}

static void what_may_change_is_saved(void **state)
{
    struct order o = insert(id_new(ctx->arena), 60), got;

    (void)state;
    o.status = ORDER_CANCELLING;
    o.reason = "because";
    o.reservation_id = "r1";
    o.tracking_number = "t1";
    o.version = 2;
    assert_int_equal(store_save(ctx, &o).code, ERR_OK);
    assert_int_equal(store_lock(ctx, o.id, NULL, &got).code, ERR_OK);
    assert_int_equal(got.status, ORDER_CANCELLING);
    assert_string_equal(got.reason, "because");
    assert_string_equal(got.reservation_id, "r1");
    assert_string_equal(got.tracking_number, "t1");
    assert_int_equal(got.version, 2);
}

static void orders_of_a_batch_are_locked_together_and_saved_as_they_were_last(void **state)
{
    struct order a = insert(id_new(ctx->arena), 60), b = insert(id_new(ctx->arena), 60), got;
    const char *subjects[] = {b.id, a.id, id_new(ctx->arena), a.id};

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    ctx->subjects = subjects;
    ctx->nsubjects = 4;
    assert_int_equal(store_fetch_ahead(ctx).code, ERR_OK);
    assert_int_equal(store_lock(ctx, a.id, NULL, &a).code, ERR_OK);
    assert_int_equal(store_lock(ctx, subjects[2], NULL, &got).code, ERR_NOT_FOUND);
    a.reservation_id = "r1";
    assert_int_equal(store_save(ctx, &a).code, ERR_OK);
    assert_int_equal(store_lock(ctx, b.id, NULL, &b).code, ERR_OK);
    b.reason = "b";
    assert_int_equal(store_save(ctx, &b).code, ERR_OK);
    assert_int_equal(store_lock(ctx, a.id, NULL, &got).code, ERR_OK);
    assert_string_equal(got.reservation_id, "r1"); /* not written yet, and known all the same */
    got.status = ORDER_CONFIRMED;
    got.version = 2;
    assert_int_equal(store_save(ctx, &got).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    ctx->ahead = NULL;
    ctx->nsubjects = 0;

    assert_int_equal(store_find(ctx, a.id, NULL, &got).code, ERR_OK);
    assert_int_equal(got.status, ORDER_CONFIRMED);
    assert_int_equal(got.version, 2);
    assert_string_equal(got.reservation_id, "r1");
    assert_int_equal(store_find(ctx, b.id, NULL, &got).code, ERR_OK);
    assert_int_equal(got.status, ORDER_PENDING);
    assert_string_equal(got.reason, "b");
}

static void the_timeline_keeps_its_order_and_takes_each_event_once(void **state)
{
    struct order o = insert(id_new(ctx->arena), 60);
    const struct order_entry entries[] = {
        {"e1", "order.created",      "order",     "2026-01-01T00:00:00.500Z", "customer", ""  },
        {"e2", "inventory.reserved", "inventory", "2026-01-01T00:00:00.100Z", "e1",       "r1"},
    };
    struct order_entry *got;
    size_t n;

    (void)state;
    assert_int_equal(store_note(ctx, o.id, entries, 2).code, ERR_OK);
    assert_int_equal(store_note(ctx, o.id, &entries[1], 1).code, ERR_OK);
    assert_int_equal(store_timeline(ctx, o.id, &got, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(got[0].event_id, "e1");
    assert_string_equal(got[1].event_id, "e2"); /* in order of arrival, whatever its clock said */
    assert_string_equal(got[1].time, "2026-01-01T00:00:00.100Z");
    assert_string_equal(got[1].cause, "e1");
    assert_string_equal(got[1].detail, "r1");
}

static void a_list_pages_from_the_newest_without_gaps(void **state)
{
    const char *user = id_new(ctx->arena), *ids[5];
    struct order *list;
    size_t n;

    (void)state;
    for (size_t i = 0; i < 5; i++)
        ids[i] = insert(user, 60).id;
    insert(id_new(ctx->arena), 60); /* somebody else's */
    assert_int_equal(store_list(ctx, user, NULL, NULL, 3, &list, &n).code, ERR_OK);
    assert_int_equal(n, 3);
    assert_string_equal(list[0].id, ids[4]);
    assert_int_equal(store_list(ctx, user, NULL, list[2].id, 3, &list, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[1].id, ids[0]);
    assert_int_equal(store_list(ctx, user, "SHIPPED", NULL, 3, &list, &n).code, ERR_OK);
    assert_int_equal(n, 0);
}

static void only_open_orders_past_their_deadline_expire(void **state)
{
    const char *user = id_new(ctx->arena);
    struct order late = insert(user, -1), over = insert(user, -1);
    struct order *list;
    size_t n;

    (void)state;
    insert(user, 60);
    over.status = ORDER_SHIPPED;
    assert_int_equal(store_save(ctx, &over).code, ERR_OK);
    assert_int_equal(store_lock_expired(ctx, 10, &list, &n).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, late.id);
}

static size_t due(void)
{
    struct order *list;
    size_t n;

    assert_int_equal(store_lock_expired(ctx, 10, &list, &n).code, ERR_OK);
    return n;
}

static void a_cancelled_order_is_due_until_it_is_settled(void **state)
{
    struct order o = insert(id_new(ctx->arena), -1), got;

    (void)state;
    o.status = ORDER_CANCELLING;
    assert_int_equal(store_save(ctx, &o).code, ERR_OK);
    assert_int_equal(due(), 1);
    o.status = ORDER_CANCELLED;
    assert_int_equal(store_save(ctx, &o).code, ERR_OK);
    assert_int_equal(due(), 1);
    o.settled = true;
    assert_int_equal(store_save(ctx, &o).code, ERR_OK);
    assert_int_equal(due(), 0);
    assert_int_equal(store_lock(ctx, o.id, NULL, &got).code, ERR_OK);
    assert_true(got.settled);
}

static int64_t number(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec(ctx, &rows, sql).code, ERR_OK);
    return db_int(&rows, 0, 0);
}

/* An instance from before migration 0004 may have ended it, and left it its deadline. */
static void a_finished_order_that_has_a_deadline_loses_it_and_nobody_is_asked(void **state)
{
    struct order o = insert(id_new(ctx->arena), -1);
    struct db_rows rows;
    size_t n;

    (void)state;
    assert_int_equal(
        db_exec(ctx, &rows, "UPDATE orders SET status = 'SHIPPED' WHERE id = $1", o.id).code,
        ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(order_expire(ctx, 10, &n).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(due(), 0);
    assert_int_equal(number("SELECT count(*) FROM orders WHERE deadline_at IS NOT NULL"), 0);
    assert_int_equal(number("SELECT count(*) FROM outbox"), 0);
}

static int64_t seconds_to_the_next_asking(const char *age)
{
    struct db_rows rows;
    struct order o = insert(id_new(ctx->arena), -1);

    assert_int_equal(db_exec(ctx, &rows,
                             "UPDATE orders SET created_at = now() - $2::interval WHERE id = $1",
                             o.id, age)
                         .code,
                     ERR_OK);
    assert_int_equal(store_asked(ctx, &o, 1, 60).code, ERR_OK);
    assert_int_equal(db_exec(ctx, &rows,
                             "SELECT extract(epoch FROM ask_at - now())::bigint FROM orders"
                             " WHERE id = $1",
                             o.id)
                         .code,
                     ERR_OK);
    return db_int(&rows, 0, 0);
}

static void the_older_an_order_the_longer_until_it_is_asked_about_again(void **state)
{
    (void)state;
    assert_in_range(seconds_to_the_next_asking("1 second"), 58, 60);
    assert_in_range(seconds_to_the_next_asking("10 minutes"), 598, 601);
    assert_in_range(seconds_to_the_next_asking("3 days"), 3598, 3600);
    assert_int_equal(due(), 0);
}

static void two_sweeps_never_take_the_same_order(void **state)
{
    struct ctx other = testing_ctx_open(env);
    struct order *mine, *theirs;
    size_t n, m;

    (void)state;
    insert(id_new(ctx->arena), -1);
    insert(id_new(ctx->arena), -1);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(store_lock_expired(ctx, 1, &mine, &n).code, ERR_OK);
    db_unit_begin(&other, DB_WRITE);
    assert_int_equal(store_lock_expired(&other, 10, &theirs, &m).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(m, 1);
    assert_string_not_equal(mine[0].id, theirs[0].id);
    db_unit_rollback(&other);
    db_unit_rollback(ctx);
    testing_ctx_close(&other);
}

static void totals_add_up_by_status(void **state)
{
    struct order o = insert(id_new(ctx->arena), 60);
    struct order_totals *totals;
    size_t n;

    (void)state;
    insert(id_new(ctx->arena), 60);
    o.status = ORDER_SHIPPED;
    assert_int_equal(store_save(ctx, &o).code, ERR_OK);
    assert_int_equal(store_totals(ctx, &totals, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(totals[1].status, "SHIPPED");
    assert_int_equal(totals[1].orders, 1);
    assert_int_equal(totals[1].total, 5248);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_tables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_comes_back_as_it_was_stored),
        TEST(another_users_order_is_not_found),
        TEST(what_may_change_is_saved),
        TEST(orders_of_a_batch_are_locked_together_and_saved_as_they_were_last),
        TEST(the_timeline_keeps_its_order_and_takes_each_event_once),
        TEST(a_list_pages_from_the_newest_without_gaps),
        TEST(only_open_orders_past_their_deadline_expire),
        TEST(a_cancelled_order_is_due_until_it_is_settled),
        TEST(a_finished_order_that_has_a_deadline_loses_it_and_nobody_is_asked),
        TEST(the_older_an_order_the_longer_until_it_is_asked_about_again),
        TEST(two_sweeps_never_take_the_same_order),
        TEST(totals_add_up_by_status),
    };

    return cmocka_run_group_tests_name("order: store", tests, open_database, close_database);
}
