/* test_db_later.c - statements that wait and travel with the next one or the commit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "db.h"
#include "testing.h"

static const struct migration tables[] = {
    {"0001_test", "CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL)"},
};

static struct testing *env;
static struct ctx *ctx;    /* the connection under test */
static struct ctx outside; /* another one, which sees what is committed */

static int setup(void **state)
{
    (void)state;
    env = testing_open(tables, 1);
    ctx = &env->ctx;
    outside = testing_ctx_open(env);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    testing_ctx_close(&outside);
    testing_close(env);
    return 0;
}

static int empty_table(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_rollback(ctx);
    return (int)db_exec(&outside, &rows, "TRUNCATE item").code;
}

static struct err later(int64_t id)
{
    return db_later(ctx, "INSERT INTO item (id, name) VALUES ($1, 'later')", db_param_int(ctx, id));
}

static int64_t number(struct ctx *c, const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec_params(c, &rows, sql, NULL, 0).code, ERR_OK);
    assert_int_equal(rows.count, 1);
    return db_int(&rows, 0, 0);
}

static int64_t items(void)
{
    return number(&outside, "SELECT count(*) FROM item");
}

static void a_whole_unit_may_travel_with_its_commit(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(later(2).code, ERR_OK);
    assert_int_equal(items(), 0);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 2);
}

static void the_next_statement_sees_what_waited_before_it(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(number(ctx, "SELECT count(*) FROM item"), 1);
    assert_int_equal(later(2).code, ERR_OK);
    assert_int_equal(items(), 0); /* all of it in one transaction */
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 2);
}

static void what_waits_is_gone_with_a_rollback(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    db_unit_rollback(ctx);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(2).code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE); /* left open, too */
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 0);
}

static void an_error_comes_with_the_commit_and_undoes_all(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(later(2).code, ERR_OK);
    ctx->wakes = 1;
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
    assert_string_equal(db_constraint(ctx->db), "item_pkey");
    assert_int_equal(ctx->wakes, 0);
    assert_int_equal(items(), 0);
    assert_int_equal(later(3).code, ERR_OK); /* outside a unit: at once */
    assert_int_equal(items(), 1);
}

static void an_error_comes_with_the_next_statement_which_is_not_run(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(db_exec(ctx, &rows, "SELECT pg_advisory_lock(77)").code, ERR_CONFLICT);
    assert_int_equal(number(&outside, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                                      " AND objid = 77"),
                     0);
    assert_int_equal(later(2).code, ERR_CONFLICT);
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
    assert_int_equal(items(), 0);
}

static void rows_that_are_asked_for_come_with_the_next_answer(void **state)
{
    struct db_rows first, second, third;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(db_ask(ctx, &first, "SELECT count(*) FROM item").code, ERR_OK);
    assert_int_equal(first.count, 0); /* nothing was sent yet */
    assert_int_equal(later(2).code, ERR_OK);
    assert_int_equal(number(ctx, "SELECT count(*) FROM item"), 2);
    assert_int_equal(db_int(&first, 0, 0), 1);
    assert_int_equal(db_ask(ctx, &second, "UPDATE item SET name = 'asked'").code, ERR_OK);
    assert_int_equal(db_flush(ctx).code, ERR_OK);
    assert_int_equal(second.count, 2);
    assert_int_equal(db_ask(ctx, &third, "SELECT name FROM item").code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(third.count, 2);
    assert_string_equal(db_str(&third, 1, 0), "asked");
    assert_int_equal(db_ask(ctx, &first, "SELECT 7").code, ERR_OK); /* outside a unit: at once */
    assert_int_equal(db_int(&first, 0, 0), 7);
    assert_int_equal(db_flush(ctx).code, ERR_OK);
}

static void what_failed_has_no_rows(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(db_ask(ctx, &rows, "SELECT count(*) FROM item").code, ERR_OK);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(db_flush(ctx).code, ERR_CONFLICT);
    assert_int_equal(rows.count, 0);
    assert_int_equal(db_flush(ctx).code, ERR_CONFLICT);
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
}

static struct err gather(int64_t id, const char *name)
{
    return db_gather(ctx,
                     "INSERT INTO item (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])",
                     db_param_int(ctx, id), name);
}

static void rows_that_are_gathered_come_with_the_commit_by_one_statement(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    for (int i = 0; i < 100; i++)
        assert_int_equal(gather(i, "it's {\"quoted\"}, \\ and ünïcode").code, ERR_OK);
    assert_int_equal(number(ctx, "SELECT count(*) FROM item"), 0); /* not before */
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 100);
    assert_int_equal(number(ctx, "SELECT count(*) FROM item WHERE"
                                 " name = 'it''s {\"quoted\"}, \\ and ünïcode'"),
                     100);
    assert_int_equal(number(ctx, "SELECT count(DISTINCT xmin::text) FROM item"), 1);
}

static void rows_that_are_gathered_fail_the_commit_or_go_with_a_rollback(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(gather(1, "one").code, ERR_OK);
    db_unit_rollback(ctx);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(2).code, ERR_OK);
    assert_int_equal(gather(3, NULL).code, ERR_OK); /* must not be null */
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
    assert_int_equal(items(), 0);
}

static void of_many_kinds_those_that_find_no_place_are_run_with_the_others(void **state)
{
    static const char *const kinds[] = {
        "INSERT INTO item SELECT id, 'a' FROM unnest($1::bigint[]) AS id",
        "INSERT INTO item SELECT id, 'b' FROM unnest($1::bigint[]) AS id",
        "INSERT INTO item SELECT id, 'c' FROM unnest($1::bigint[]) AS id",
        "INSERT INTO item SELECT id, 'd' FROM unnest($1::bigint[]) AS id",
        "INSERT INTO item SELECT id, 'e' FROM unnest($1::bigint[]) AS id",
        "INSERT INTO item SELECT id, 'f' FROM unnest($1::bigint[]) AS id",
    };
    enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), ROWS = 3 };

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    for (int i = 0; i < KINDS * ROWS; i++) {
        const char *const id[] = {db_param_int(ctx, i)};

        assert_int_equal(db_gather_params(ctx, kinds[i % KINDS], id, 1).code, ERR_OK);
    }
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), KINDS * ROWS);
}

static void outside_a_unit_a_gathered_row_is_written_at_once(void **state)
{
    (void)state;
    assert_int_equal(gather(1, "one").code, ERR_OK);
    assert_int_equal(items(), 1);
}

static void a_thousand_may_wait(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(later(i).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 1000);
}

static void cut(void)
{
    struct db_rows rows;
    int64_t pid = number(ctx, "SELECT pg_backend_pid()");

    assert_int_equal(
        db_exec(&outside, &rows, "SELECT pg_terminate_backend($1)", db_param_int(&outside, pid))
            .code,
        ERR_OK);
    wait_until(number(&outside, "SELECT count(*) FROM pg_stat_activity WHERE datname ="
                                " current_database() AND pid <> pg_backend_pid()") == 0);
}

/* It could not be sent twice: who knows what became of its commit. */
static void a_session_that_has_ended_is_noticed_before_a_whole_unit_is_sent(void **state)
{
    (void)state;
    cut();
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 1);
}

static void what_waited_for_a_session_that_is_gone_is_sent_to_the_next(void **state)
{
    (void)state;
    cut();
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(later(1).code, ERR_OK);
    assert_int_equal(number(ctx, "SELECT count(*) FROM item"), 1);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_whole_unit_may_travel_with_its_commit),
        TEST(the_next_statement_sees_what_waited_before_it),
        TEST(what_waits_is_gone_with_a_rollback),
        TEST(an_error_comes_with_the_commit_and_undoes_all),
        TEST(an_error_comes_with_the_next_statement_which_is_not_run),
        TEST(rows_that_are_asked_for_come_with_the_next_answer),
        TEST(what_failed_has_no_rows),
        TEST(rows_that_are_gathered_come_with_the_commit_by_one_statement),
        TEST(rows_that_are_gathered_fail_the_commit_or_go_with_a_rollback),
        TEST(of_many_kinds_those_that_find_no_place_are_run_with_the_others),
        TEST(outside_a_unit_a_gathered_row_is_written_at_once),
        TEST(a_thousand_may_wait),
        TEST(a_session_that_has_ended_is_noticed_before_a_whole_unit_is_sent),
        TEST(what_waited_for_a_session_that_is_gone_is_sent_to_the_next),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
