/* test_migrate.c - migrations, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "migrate.h"
#include "testing.h"

static const struct migration first = {"0001_a",
                                       "CREATE TABLE a (n int); INSERT INTO a VALUES (1)"};
static const struct migration second = {"0002_b", "UPDATE a SET n = n + 1;\n-- the end\n"};

static struct testing *env;
static struct ctx *ctx;

static int setup(void **state)
{
    (void)state;
    env = testing_open(&first, 0);
    ctx = &env->ctx;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    testing_close(env);
    return 0;
}

static int start_afresh(void **state)
{
    (void)state;
    return (int)db_exec_script(ctx, "DROP SCHEMA public CASCADE; CREATE SCHEMA public", 5000).code;
}

static int64_t number(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec_params(ctx, &rows, sql, NULL, 0).code, ERR_OK);
    return db_int(&rows, 0, 0);
}

static void each_migration_runs_once_in_its_order(void **state)
{
    const struct migration list[] = {first, second};

    (void)state;
    assert_int_equal(migrate(ctx, list, 1).code, ERR_OK);
    assert_int_equal(number("SELECT n FROM a"), 1);
    assert_int_equal(migrate(ctx, list, 2).code, ERR_OK);
    assert_int_equal(migrate(ctx, list, 2).code, ERR_OK);
    assert_int_equal(number("SELECT n FROM a"), 2);
    assert_int_equal(number("SELECT count(*) FROM schema_migrations"), 2);
}

static void a_migration_edited_after_it_ran_is_refused(void **state)
{
    const struct migration edited = {first.name, "CREATE TABLE a (n bigint)"};
    struct err err;

    (void)state;
    assert_int_equal(migrate(ctx, &first, 1).code, ERR_OK);
    err = migrate(ctx, &edited, 1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.msg, "0001_a was changed"));
}

static void a_failing_migration_is_named_and_leaves_nothing(void **state)
{
    const struct migration list[] = {
        first, {"0002_bad", "UPDATE a SET n = 7; SELECT FROM nowhere"}
    };
    struct err err;

    (void)state;
    err = migrate(ctx, list, 2);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.msg, "0002_bad"));
    assert_int_equal(number("SELECT n FROM a"), 1);
    assert_int_equal(number("SELECT count(*) FROM schema_migrations"), 1);
    assert_int_equal(number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
                            " AND pid = pg_backend_pid()"),
                     0);
}

static void a_migration_must_not_commit_by_itself(void **state)
{
    const struct migration list[] = {
        {"0001_commits", "CREATE TABLE c (n int); COMMIT"}
    };
    struct err err;

    (void)state;
    err = migrate(ctx, list, 1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.msg, "0001_commits"));
    assert_int_equal(number("SELECT count(*) FROM schema_migrations"), 0);
}

static void the_usual_limits_hold_again_afterwards(void **state)
{
    (void)state;
    assert_int_equal(migrate(ctx, &first, 1).code, ERR_OK);
    assert_int_equal(number("SELECT count(*) WHERE current_setting('statement_timeout') = '5s'"),
                     1);
}

static void *start_instance(void *arg)
{
    static const struct migration slow[] = {
        {"0001_slow", "CREATE TABLE once (n int); SELECT pg_sleep(0.2)"},
        {"0002_more", "INSERT INTO once VALUES (1)"                    },
    };
    struct ctx mine = testing_ctx_open(env);

    *(enum err_code *)arg = migrate(&mine, slow, 2).code;
    testing_ctx_close(&mine);
    return NULL;
}

static void instances_that_start_together_do_not_disturb_one_another(void **state)
{
    enum { INSTANCES = 5 };
    enum err_code codes[INSTANCES];
    pthread_t threads[INSTANCES];

    (void)state;
    for (int i = 0; i < INSTANCES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, start_instance, &codes[i]), 0);
    for (int i = 0; i < INSTANCES; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < INSTANCES; i++)
        assert_int_equal(codes[i], ERR_OK);
    assert_int_equal(number("SELECT count(*) FROM once"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_migration_runs_once_in_its_order, start_afresh),
        cmocka_unit_test_setup(a_migration_edited_after_it_ran_is_refused, start_afresh),
        cmocka_unit_test_setup(a_failing_migration_is_named_and_leaves_nothing, start_afresh),
        cmocka_unit_test_setup(a_migration_must_not_commit_by_itself, start_afresh),
        cmocka_unit_test_setup(the_usual_limits_hold_again_afterwards, start_afresh),
        cmocka_unit_test_setup(instances_that_start_together_do_not_disturb_one_another,
                               start_afresh),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
