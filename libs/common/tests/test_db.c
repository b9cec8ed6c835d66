/* test_db.c - units of work, values and errors, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "testing.h"

static const struct migration tables[] = {
    {"0001_test", "CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL,"
                  " CONSTRAINT item_name_short CHECK (length(name) < 50));"
                  "CREATE TABLE late (id bigint REFERENCES item DEFERRABLE INITIALLY DEFERRED)"},
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

static int empty_tables(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_rollback(ctx);
    return (int)db_exec(&outside, &rows, "TRUNCATE item, late").code;
}

static struct err insert(int64_t id, const char *name)
{
    struct db_rows rows;

    return db_exec(ctx, &rows, "INSERT INTO item (id, name) VALUES ($1, $2)", db_param_int(ctx, id),
                   name);
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

static void values_go_in_and_come_out_unchanged(void **state)
{
    struct db_rows rows;
    const char *text = "it's {\"quoted\"}, \\ and ünïcode";

    (void)state;
    assert_int_equal(db_exec(ctx, &rows, "SELECT $1, $2::bigint, $3::boolean, $4", text,
                             db_param_int(ctx, INT64_MIN), db_param_bool(true), NULL)
                         .code,
                     ERR_OK);
    assert_int_equal(rows.count, 1);
    assert_string_equal(db_str(&rows, 0, 0), text);
    assert_true(db_int(&rows, 0, 1) == INT64_MIN);
    assert_true(db_bool(&rows, 0, 2));
    assert_null(db_str_or_null(&rows, 0, 3));
    assert_string_equal(db_str(&rows, 0, 3), "");
    assert_int_equal(db_int(&rows, 0, 3), 0);
    assert_false(db_bool(&rows, 0, 3));
}

static void arrays_go_in_and_come_out_unchanged(void **state)
{
    const char *const strs[] = {"", "a,b", "{}", "NULL", "\"\\\"", NULL, "é\n"};
    const int64_t ints[] = {INT64_MIN, -1, 0, INT64_MAX};
    struct db_rows rows;

    (void)state;
    assert_int_equal(
        db_exec(ctx, &rows, "SELECT * FROM unnest($1::text[])", db_param_strs(ctx, strs, 7)).code,
        ERR_OK);
    assert_int_equal(rows.count, 7);
    for (int i = 0; i < 7; i++) {
        if (strs[i])
            assert_string_equal(db_str_or_null(&rows, i, 0), strs[i]);
        else
            assert_null(db_str_or_null(&rows, i, 0));
    }
    assert_int_equal(
        db_exec(ctx, &rows, "SELECT * FROM unnest($1::bigint[])", db_param_ints(ctx, ints, 4)).code,
        ERR_OK);
    assert_int_equal(rows.count, 4);
    for (int i = 0; i < 4; i++)
        assert_true(db_int(&rows, i, 0) == ints[i]);
    assert_string_equal(db_param_ints(ctx, ints, 0), "{}");
    assert_string_equal(db_param_strs(ctx, strs, 0), "{}");
}

static void a_write_unit_counts_as_a_whole_once_committed(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    assert_int_equal(insert(2, "two").code, ERR_OK);
    assert_int_equal(items(), 0);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 2);
}

static void a_rolled_back_unit_leaves_nothing(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    ctx->wakes = 1;
    db_unit_rollback(ctx);
    assert_int_equal(ctx->wakes, 0);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 0);
}

static void a_unit_left_open_is_rolled_back_by_the_next(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(2, "two").code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 1);
}

static void statements_of_a_read_unit_stand_alone(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_READ);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    assert_int_equal(items(), 1);
    assert_int_equal(insert(1, "again").code, ERR_CONFLICT);
    assert_int_equal(insert(2, "two").code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(items(), 2);
}

static void the_transaction_opens_with_the_first_statement(void **state)
{
    static const char open[] = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
                               " AND datname = current_database()";

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(number(&outside, open), 0);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    assert_int_equal(number(&outside, open), 1);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(number(&outside, open), 0);
}

static void a_failed_unit_repeats_its_error_and_cannot_be_committed(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    assert_int_equal(insert(1, "again").code, ERR_CONFLICT);
    assert_string_equal(db_constraint(ctx->db), "item_pkey");
    assert_int_equal(insert(2, "two").code, ERR_CONFLICT);
    assert_int_equal(db_exec(ctx, &rows, "SELECT 1").code, ERR_CONFLICT);
    ctx->wakes = 1;
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
    assert_int_equal(ctx->wakes, 0);
    assert_int_equal(items(), 0);
    assert_int_equal(insert(3, "three").code, ERR_OK);
}

static void a_unit_that_fails_with_its_first_statement_is_over_too(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, NULL).code, ERR_CONFLICT);
    assert_int_equal(insert(2, "two").code, ERR_CONFLICT);
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
    assert_int_equal(items(), 0);
}

static void what_the_commit_itself_refuses_is_an_error(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(db_exec(ctx, &rows, "INSERT INTO late VALUES (99)").code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_CONFLICT);
    assert_string_equal(db_constraint(ctx->db), "late_id_fkey");
    assert_int_equal(number(&outside, "SELECT count(*) FROM late"), 0);
}

static void the_sqlstate_decides_the_error(void **state)
{
    static const struct {
        const char *sql;
        enum err_code code;
    } cases[] = {
        {"INSERT INTO item VALUES (1, repeat('x', 50))", ERR_CONFLICT},
        {"SELECT 'seven'::bigint",                       ERR_INVALID },
        {"SELECT 1 / (SELECT 0)",                        ERR_INVALID },
        {"SELECT FROM nowhere",                          ERR_INTERNAL},
        {"SELEKT",                                       ERR_INTERNAL},
    };
    struct db_rows rows;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err err = db_exec_params(ctx, &rows, cases[i].sql, NULL, 0);

        assert_int_equal(err.code, cases[i].code);
        assert_int_equal(rows.count, 0);
        assert_null(strstr(err.msg, "nowhere"));
        assert_null(strstr(err.msg, "seven"));
    }
    assert_true(db_healthy(ctx->db));
}

static void statements_locks_and_idle_transactions_have_limits(void **state)
{
    (void)state;
    assert_int_equal(number(ctx,
                            "SELECT count(*) WHERE current_setting('statement_timeout') = '5s'"
                            " AND current_setting('lock_timeout') = '2s'"
                            " AND current_setting('idle_in_transaction_session_timeout') = '10s'"),
                     1);
}

/* The url's own options count more than those of db.h. */
static struct db *impatient(void)
{
    struct db_options opt = env->db;

    opt.url = arena_printf(ctx->arena,
                           "%s?application_name=mine"
                           "&options=-c%%20lock_timeout%%3D500%%20-c%%20statement_timeout%%3D1000"
                           "%%20-c%%20idle_in_transaction_session_timeout%%3D1000",
                           env->db.url);
    return db_open(&opt);
}

static void a_url_may_bring_options_of_its_own(void **state)
{
    struct ctx mine = *ctx;

    (void)state;
    mine.db = impatient();
    assert_int_equal(number(&mine, "SELECT count(*) WHERE current_setting('lock_timeout') = '500ms'"
                                   " AND current_setting('statement_timeout') = '1s'"
                                   " AND current_setting('application_name') = 'mine'"),
                     1);
    db_close(mine.db);
}

static void what_takes_too_long_is_unavailable_and_keeps_the_session(void **state)
{
    struct ctx mine = *ctx;
    struct db_rows rows;
    int64_t pid;

    (void)state;
    mine.db = impatient();
    pid = number(&mine, "SELECT pg_backend_pid()");
    assert_int_equal(insert(1, "one").code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(db_exec(ctx, &rows, "SELECT FROM item FOR UPDATE").code, ERR_OK);
    assert_int_equal(db_exec(&mine, &rows, "SELECT FROM item FOR UPDATE").code, ERR_UNAVAILABLE);
    assert_int_equal(db_exec(&mine, &rows, "SELECT pg_sleep(9)").code, ERR_UNAVAILABLE);
    assert_true(db_healthy(mine.db));
    assert_int_equal(number(&mine, "SELECT pg_backend_pid()"), pid);
    db_unit_rollback(ctx);
    db_close(mine.db);
}

/* Somebody waits for the lock that it holds; whoever forgot it finds the unit failed. */
static void a_transaction_that_idles_is_ended_and_lets_go_of_its_locks(void **state)
{
    struct ctx mine = *ctx, other = testing_ctx_patient(env);
    struct db_rows rows;

    (void)state;
    mine.db = impatient();
    assert_int_equal(insert(1, "one").code, ERR_OK);
    db_unit_begin(&mine, DB_WRITE);
    assert_int_equal(db_exec(&mine, &rows, "DELETE FROM item").code, ERR_OK);
    assert_int_equal(db_exec(&other, &rows, "SELECT FROM item FOR UPDATE").code, ERR_OK);
    assert_int_equal(rows.count, 1); /* it came to nothing */
    assert_int_equal(db_exec(&mine, &rows, "SELECT 1").code, ERR_UNAVAILABLE);
    assert_int_equal(db_unit_commit(&mine).code, ERR_UNAVAILABLE);
    assert_int_equal(db_exec(&mine, &rows, "SELECT 1").code, ERR_OK); /* a session anew */
    db_close(mine.db);
    testing_ctx_close(&other);
}

static void more_statements_than_are_kept_prepared_still_run(void **state)
{
    enum { MANY = 700 };
    struct db_rows rows;

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            static char sql[MANY][32]; /* each has an address of its own */

            snprintf(sql[i], sizeof(sql[i]), "SELECT %d + $1::int", i);
            assert_int_equal(db_exec(ctx, &rows, sql[i], "1000").code, ERR_OK);
            assert_int_equal(db_int(&rows, 0, 0), i + 1000);
        }
        arena_reset(ctx->arena);
    }
    db_disconnect(ctx->db);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_tables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_go_in_and_come_out_unchanged),
        TEST(arrays_go_in_and_come_out_unchanged),
        TEST(a_write_unit_counts_as_a_whole_once_committed),
        TEST(a_rolled_back_unit_leaves_nothing),
        TEST(a_unit_left_open_is_rolled_back_by_the_next),
        TEST(statements_of_a_read_unit_stand_alone),
        TEST(the_transaction_opens_with_the_first_statement),
        TEST(a_failed_unit_repeats_its_error_and_cannot_be_committed),
        TEST(a_unit_that_fails_with_its_first_statement_is_over_too),
        TEST(what_the_commit_itself_refuses_is_an_error),
        TEST(the_sqlstate_decides_the_error),
        TEST(statements_locks_and_idle_transactions_have_limits),
        TEST(a_url_may_bring_options_of_its_own),
        TEST(what_takes_too_long_is_unavailable_and_keeps_the_session),
        TEST(a_transaction_that_idles_is_ended_and_lets_go_of_its_locks),
        TEST(more_statements_than_are_kept_prepared_still_run),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
