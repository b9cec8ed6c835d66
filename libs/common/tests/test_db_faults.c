/* test_db_faults.c - sessions that end, servers that hang, answers that get lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "proxy.h"
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

static int64_t sessions(void)
{
    return number(&outside, "SELECT count(*) FROM pg_stat_activity"
                            " WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

/* End the session under test as a restart of the server would. */
static void cut(void)
{
    struct db_rows rows;
    int64_t pid = number(ctx, "SELECT pg_backend_pid()");

    assert_int_equal(
        db_exec(&outside, &rows, "SELECT pg_terminate_backend($1)", db_param_int(&outside, pid))
            .code,
        ERR_OK);
    wait_until(sessions() == 0);
}

static void a_session_lost_between_units_is_replaced_unnoticed(void **state)
{
    (void)state;
    cut();
    assert_int_equal(insert(1, "alone").code, ERR_OK);
    cut();
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(2, "first of a transaction").code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_true(db_healthy(ctx->db));
    assert_int_equal(items(), 2);
}

static void a_session_lost_within_a_transaction_fails_the_unit(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    cut();
    assert_int_equal(insert(2, "two").code, ERR_UNAVAILABLE);
    assert_false(db_healthy(ctx->db));
    assert_int_equal(insert(3, "three").code, ERR_UNAVAILABLE);
    assert_int_equal(db_unit_commit(ctx).code, ERR_UNAVAILABLE);
    assert_int_equal(items(), 0);
    assert_int_equal(insert(4, "four").code, ERR_OK);
    assert_true(db_healthy(ctx->db));
}

static void a_commit_without_its_session_is_unavailable(void **state)
{
    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(1, "one").code, ERR_OK);
    cut();
    ctx->wakes = 1;
    assert_int_equal(db_unit_commit(ctx).code, ERR_UNAVAILABLE);
    assert_int_equal(ctx->wakes, 0);
    assert_int_equal(items(), 0);
}

static void a_session_that_forgot_its_statements_is_replaced(void **state)
{
    (void)state;
    assert_int_equal(insert(1, "one").code, ERR_OK);
    assert_int_equal(db_exec_script(ctx, "DEALLOCATE ALL", 5000).code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(insert(2, "two").code, ERR_UNAVAILABLE);
    assert_int_equal(db_unit_commit(ctx).code, ERR_UNAVAILABLE);
    assert_int_equal(insert(2, "two").code, ERR_OK);
}

/* As when another instance migrates the database under a running service. */
static void a_session_whose_tables_changed_is_replaced(void **state)
{
    static const char ids[] = "SELECT id FROM item";
    struct db_rows rows;

    (void)state;
    assert_int_equal(db_exec(ctx, &rows, ids).code, ERR_OK);
    assert_int_equal(db_exec_script(&outside, "ALTER TABLE item ALTER id TYPE numeric", 5000).code,
                     ERR_OK);
    assert_int_equal(db_exec(ctx, &rows, ids).code, ERR_INTERNAL);
    assert_int_equal(db_exec(ctx, &rows, ids).code, ERR_OK);
    assert_int_equal(db_exec_script(&outside, "ALTER TABLE item ALTER id TYPE bigint", 5000).code,
                     ERR_OK);
    db_disconnect(ctx->db);
}

/* The log's lines of one call, read back from standard error. */
static const char *logged_by(struct err (*call)(struct ctx *), struct ctx *c)
{
    char *text = arena_alloc(ctx->arena, 4096);
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);

    assert_non_null(file);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    assert_true(log_init("test", "test", "debug"));
    assert_int_equal(call(c).code, ERR_UNAVAILABLE);
    assert_true(log_init("test", "test", "error"));
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    assert_true(fread(text, 1, 4095, file) > 0);
    fclose(file);
    return text;
}

static void a_password_does_not_get_into_the_log(void **state)
{
    static const char *const urls[] = {
        "postgresql://nobody:hunter2@[::1/none",      /* is none */
        "postgresql://nobody:hunter2@127.0.0.1:1/no", /* nobody listens */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct ctx mine = *ctx;
        const char *log;

        mine.db = db_open(&(struct db_options){.url = urls[i], .password = "hunter2"});
        log = logged_by(db_ping, &mine);
        assert_non_null(strstr(log, "database: "));
        assert_null(strstr(log, "hunter2"));
        db_close(mine.db);
    }
}

static void a_unit_without_statements_commits_without_a_server(void **state)
{
    struct ctx nowhere = *ctx;

    (void)state;
    nowhere.db = db_open(&(struct db_options){.url = "postgresql://nobody@127.0.0.1:1/none"});
    db_unit_begin(&nowhere, DB_WRITE);
    assert_int_equal(db_unit_commit(&nowhere).code, ERR_OK);
    assert_true(db_healthy(nowhere.db));
    assert_int_equal(db_ping(&nowhere).code, ERR_UNAVAILABLE);
    assert_false(db_healthy(nowhere.db));
    db_close(nowhere.db);
}

/* --- a server, or a network, that is not itself ------------------------------ */

static struct proxy *proxy;
static struct ctx behind; /* a connection through the proxy */

static void open_behind(int answer_ms)
{
    const char *url = env->db.url, *host = url + strcspn(url, "@") + 1;
    const char *port = host + strcspn(host, ":/"), *path = host + strcspn(host, "/");

    behind = testing_ctx_open(env);
    proxy = proxy_open(arena_strndup(behind.arena, host, (size_t)(port - host)),
                       *port == ':' ? (int)strtol(port + 1, NULL, 10) : 5432);
    db_close(behind.db);
    behind.db = db_open(&(struct db_options){
        .url = arena_printf(behind.arena, "%.*s127.0.0.1:%d%s", (int)(host - url), url,
                            proxy_port(proxy), path),
        .answer_ms = answer_ms,
    });
}

static int setup_proxy(void **state)
{
    open_behind(500);
    return empty_tables(state);
}

/* For what is not to be over by the deadline. */
static int setup_patient(void **state)
{
    open_behind(0);
    return empty_tables(state);
}

static int teardown_proxy(void **state)
{
    (void)state;
    testing_ctx_close(&behind);
    proxy_close(proxy);
    return 0;
}

static void an_answer_that_does_not_come_is_not_waited_for(void **state)
{
    int64_t since;

    (void)state;
    assert_int_equal(db_ping(&behind).code, ERR_OK);
    proxy_set(proxy, PROXY_HOLD);
    since = clock_mono_ms();
    assert_int_equal(db_ping(&behind).code, ERR_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - since, 450, 3000);
    assert_false(db_healthy(behind.db));
    proxy_set(proxy, PROXY_PASS);
    assert_int_equal(db_ping(&behind).code, ERR_OK);
    assert_true(db_healthy(behind.db));
}

static void a_statement_too_big_for_a_stuck_network_is_not_waited_for(void **state)
{
    enum { MUCH = 32 * 1024 * 1024 };
    char *text = arena_alloc(behind.arena, MUCH + 1);
    struct db_rows rows;
    int64_t since;

    (void)state;
    memset(text, 'x', MUCH);
    assert_int_equal(db_ping(&behind).code, ERR_OK);
    assert_int_equal(db_exec(&behind, &rows, "SELECT length($1)", "x").code, ERR_OK);
    proxy_set(proxy, PROXY_HOLD);
    since = clock_mono_ms();
    assert_int_equal(db_exec(&behind, &rows, "SELECT length($1)", text).code, ERR_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - since, 450, 4000);
}

static void *commit_behind(void *arg)
{
    *(struct err *)arg = db_unit_commit(&behind);
    return NULL;
}

/* Nobody can know; so the answer is the one that makes the caller try again. */
static void a_commit_whose_answer_is_lost_is_unavailable(void **state)
{
    struct err err = OK;
    struct db_rows rows;
    pthread_t thread;

    (void)state;
    db_unit_begin(&behind, DB_WRITE);
    assert_int_equal(db_exec(&behind, &rows, "SELECT").code, ERR_OK);
    assert_int_equal(db_unit_commit(&behind).code, ERR_OK); /* COMMIT is prepared now */
    db_unit_begin(&behind, DB_WRITE);
    assert_int_equal(db_exec(&behind, &rows, "INSERT INTO item VALUES (1, 'one')").code, ERR_OK);
    assert_int_equal(items(), 0);
    proxy_set(proxy, PROXY_MUTE);
    behind.wakes = 1;
    assert_int_equal(pthread_create(&thread, NULL, commit_behind, &err), 0);
    wait_until(items() == 1);
    proxy_set(proxy, PROXY_CUT);
    pthread_join(thread, NULL);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_int_equal(behind.wakes, 0);
}

static void a_server_that_is_down_is_left_alone_for_a_moment(void **state)
{
    int64_t since = clock_mono_ms();
    int attempts;

    (void)state;
    proxy_set(proxy, PROXY_CUT);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(db_ping(&behind).code, ERR_UNAVAILABLE);
    attempts = proxy_connections(proxy);
    assert_in_range(attempts, 1, 2 + (clock_mono_ms() - since) / 100);
    proxy_set(proxy, PROXY_PASS);
    wait_until(db_ping(&behind).code == ERR_OK);
}

#define TEST(name)         cmocka_unit_test_setup(name, empty_tables)
#define TEST_BEHIND(name)  cmocka_unit_test_setup_teardown(name, setup_proxy, teardown_proxy)
#define TEST_PATIENT(name) cmocka_unit_test_setup_teardown(name, setup_patient, teardown_proxy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_lost_between_units_is_replaced_unnoticed),
        TEST(a_session_lost_within_a_transaction_fails_the_unit),
        TEST(a_commit_without_its_session_is_unavailable),
        TEST(a_session_that_forgot_its_statements_is_replaced),
        TEST(a_session_whose_tables_changed_is_replaced),
        TEST(a_password_does_not_get_into_the_log),
        TEST(a_unit_without_statements_commits_without_a_server),
        TEST_BEHIND(an_answer_that_does_not_come_is_not_waited_for),
        TEST_BEHIND(a_statement_too_big_for_a_stuck_network_is_not_waited_for),
        TEST_PATIENT(a_commit_whose_answer_is_lost_is_unavailable),
        TEST_BEHIND(a_server_that_is_down_is_left_alone_for_a_moment),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
