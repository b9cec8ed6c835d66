/* test_idempotency.c - the Idempotency-Key, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "idempotency.h"
#include "testing.h"

static struct testing *env;
static struct ctx *ctx;
static struct ctx other; /* another worker, or another instance */
static struct ctx watcher;

static int setup(void **state)
{
    (void)state;
    env = testing_open_common();
    ctx = &env->ctx;
    other = testing_ctx_open(env);
    watcher = testing_ctx_open(env);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    testing_ctx_close(&watcher);
    testing_ctx_close(&other);
    testing_close(env);
    return 0;
}

static int64_t number(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec_params(&watcher, &rows, sql, NULL, 0).code, ERR_OK);
    return db_int(&rows, 0, 0);
}

static int64_t locks(void)
{
    return number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                  " (SELECT oid FROM pg_database WHERE datname = current_database())");
}

static int64_t answers(void)
{
    return number("SELECT count(*) FROM idempotency");
}

static int empty_tables(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_rollback(ctx);
    db_unit_rollback(&other);
    return (int)db_exec(&watcher, &rows, "TRUNCATE idempotency").code;
}

/* Whatever a test did, no lock may be left. */
static int no_lock_is_left(void **state)
{
    (void)state;
    return (int)locks();
}

static struct err begin(struct ctx *c, struct idempotency *k, const char *caller, const char *key,
                        const char *body, struct stored_answer *stored)
{
    return idempotency_begin(c, k, caller, key, "POST", "/api/v1/orders", body, strlen(body),
                             stored);
}

static struct err store(struct ctx *c, const struct idempotency *k, const char *body)
{
    const struct stored_answer answer = {
        .status = 201, .body = body, .location = "/api/v1/orders/1"};

    return idempotency_store(c, k, &answer);
}

/* The whole of one request: as http_dispatch.c does it. */
static void serve(const char *caller, const char *key, const char *body, const char *answer)
{
    struct stored_answer stored;
    struct idempotency k;

    assert_int_equal(begin(ctx, &k, caller, key, body, &stored).code, ERR_OK);
    assert_int_equal(stored.status, 0);
    assert_int_equal(locks(), 1);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(store(ctx, &k, answer).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    idempotency_end(ctx, &k);
    assert_int_equal(locks(), 0);
}

static void a_repeated_request_gets_the_stored_answer(void **state)
{
    struct stored_answer stored;
    struct idempotency k;

    (void)state;
    serve("ann", "key-1", "{\"n\":1}", "{\"id\":\"1\"}");
    assert_int_equal(begin(&other, &k, "ann", "key-1", "{\"n\":1}", &stored).code, ERR_OK);
    assert_int_equal(stored.status, 201);
    assert_string_equal(stored.body, "{\"id\":\"1\"}");
    assert_string_equal(stored.location, "/api/v1/orders/1");
}

static void an_answer_without_body_is_repeated_without_body(void **state)
{
    const struct stored_answer empty = {.status = 204};
    struct stored_answer stored;
    struct idempotency k;

    (void)state;
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "", &stored).code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(idempotency_store(ctx, &k, &empty).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    idempotency_end(ctx, &k);
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "", &stored).code, ERR_OK);
    assert_int_equal(stored.status, 204);
    assert_null(stored.body);
    assert_null(stored.location);
}

static void a_key_reused_for_another_request_is_unprocessable(void **state)
{
    struct stored_answer stored;
    struct idempotency k;

    (void)state;
    serve("ann", "key-1", "{\"n\":1}", "{}");
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{\"n\":2}", &stored).code, ERR_UNPROCESSABLE);
    assert_int_equal(
        idempotency_begin(ctx, &k, "ann", "key-1", "POST", "/api/v1/x", "{\"n\":1}", 7, &stored)
            .code,
        ERR_UNPROCESSABLE);
    assert_int_equal(stored.status, 0);
}

static void the_same_key_of_another_caller_is_another_key(void **state)
{
    struct stored_answer stored;
    struct idempotency k, others;

    (void)state;
    serve("ann", "key-1", "{}", "{}");
    serve("bob", "key-1", "{}", "{}");
    assert_int_equal(answers(), 2);
    /* Not even their locks meet. */
    assert_int_equal(begin(ctx, &k, "ann", "key-2", "{}", &stored).code, ERR_OK);
    assert_int_equal(begin(&other, &others, "an", "nkey-2", "{}", &stored).code, ERR_OK);
    idempotency_end(&other, &others);
    idempotency_end(ctx, &k);
}

static void a_request_in_progress_refuses_its_repetition(void **state)
{
    struct stored_answer stored;
    struct idempotency k, again;

    (void)state;
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{}", &stored).code, ERR_OK);
    assert_int_equal(begin(&other, &again, "ann", "key-1", "{}", &stored).code, ERR_CONFLICT);
    assert_int_equal(begin(&other, &again, "ann", "key-2", "{}", &stored).code, ERR_OK);
    idempotency_end(&other, &again);
    idempotency_end(ctx, &k);
    assert_int_equal(begin(&other, &again, "ann", "key-1", "{}", &stored).code, ERR_OK);
    idempotency_end(&other, &again);
}

static void a_request_that_failed_may_be_tried_again(void **state)
{
    struct stored_answer stored;
    struct idempotency k;

    (void)state;
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{}", &stored).code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(store(ctx, &k, "{}").code, ERR_OK);
    db_unit_rollback(ctx);
    idempotency_end(ctx, &k);
    assert_int_equal(answers(), 0);
    serve("ann", "key-1", "{}", "{}");
}

static void a_lost_session_gives_up_its_lock(void **state)
{
    struct stored_answer stored;
    struct idempotency k, again;

    (void)state;
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{}", &stored).code, ERR_OK);
    db_disconnect(ctx->db);
    wait_until(begin(&other, &again, "ann", "key-1", "{}", &stored).code == ERR_OK);
    idempotency_end(ctx, &k); /* is not there to be given back: no harm */
    assert_int_equal(locks(), 1);
    idempotency_end(&other, &again);
}

static void a_lock_that_a_failed_unit_cannot_give_back_goes_with_the_session(void **state)
{
    struct stored_answer stored;
    struct idempotency k;
    struct db_rows rows;

    (void)state;
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{}", &stored).code, ERR_OK);
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(db_exec(ctx, &rows, "SELECT 1 / 0").code, ERR_INVALID);
    idempotency_end(ctx, &k);
    db_unit_rollback(ctx);
    wait_until(locks() == 0);
}

struct race {
    struct ctx ctx;
    struct idempotency key;
    struct err err;
};

static void *finish_race(void *arg)
{
    struct race *r = arg;

    db_unit_begin(&r->ctx, DB_WRITE);
    r->err = store(&r->ctx, &r->key, "{\"by\":\"the other\"}");
    if (!r->err.code)
        r->err = db_unit_commit(&r->ctx);
    db_unit_rollback(&r->ctx);
    return NULL;
}

/* Both believe to hold the lock, as after a lost session. */
static void of_two_that_race_to_store_exactly_one_wins(void **state)
{
    struct race race = {.ctx = other};
    struct stored_answer stored;
    struct idempotency k;
    pthread_t thread;

    (void)state;
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{}", &stored).code, ERR_OK);
    race.key = k;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(store(ctx, &k, "{\"by\":\"the first\"}").code, ERR_OK);
    assert_int_equal(pthread_create(&thread, NULL, finish_race, &race), 0);
    wait_until(number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                      " AND datname = current_database()") == 1);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    pthread_join(thread, NULL);
    idempotency_end(ctx, &k);
    assert_int_equal(race.err.code, ERR_CONFLICT);
    assert_int_equal(begin(ctx, &k, "ann", "key-1", "{}", &stored).code, ERR_OK);
    assert_string_equal(stored.body, "{\"by\":\"the first\"}");
}

static void only_printable_keys_of_1_to_255_characters_are_valid(void **state)
{
    char longest[257];
    struct stored_answer stored;
    struct idempotency k;

    (void)state;
    memset(longest, 'k', sizeof(longest));
    longest[256] = '\0';
    assert_int_equal(begin(ctx, &k, "ann", "", "{}", &stored).code, ERR_INVALID);
    assert_int_equal(begin(ctx, &k, "ann", "tab\t", "{}", &stored).code, ERR_INVALID);
    assert_int_equal(begin(ctx, &k, "ann", "k\xC3\xA9y", "{}", &stored).code, ERR_INVALID);
    assert_int_equal(begin(ctx, &k, "ann", longest, "{}", &stored).code, ERR_INVALID);
    longest[255] = '\0';
    assert_int_equal(begin(ctx, &k, "ann", longest, "{}", &stored).code, ERR_OK);
    idempotency_end(ctx, &k);
}

static void old_answers_are_forgotten_a_few_at_once(void **state)
{
    struct db_rows rows;
    int pruned;

    (void)state;
    assert_int_equal(db_exec(ctx, &rows,
                             "INSERT INTO idempotency"
                             " SELECT 'ann', 'k' || n, 'f', 200, NULL, NULL,"
                             "  now() - n * interval '1 hour' FROM generate_series(1, 6) AS n")
                         .code,
                     ERR_OK);
    assert_int_equal(idempotency_prune(ctx, 3 * 3600 - 60, 3, &pruned).code, ERR_OK);
    assert_int_equal(pruned, 3);
    assert_int_equal(idempotency_prune(ctx, 3 * 3600 - 60, 3, &pruned).code, ERR_OK);
    assert_int_equal(pruned, 1);
    assert_int_equal(answers(), 2);
}

static void a_fingerprint_cannot_be_made_without_the_secret(void **state)
{
    struct stored_answer stored;
    struct idempotency plain, keyed;

    (void)state;
    assert_int_equal(begin(ctx, &plain, "alice", "k1", "{\"password\":\"x\"}", &stored).code,
                     ERR_OK);
    idempotency_end(ctx, &plain);
    idempotency_secret("only the service knows");
    assert_int_equal(begin(ctx, &keyed, "alice", "k1", "{\"password\":\"x\"}", &stored).code,
                     ERR_OK);
    idempotency_end(ctx, &keyed);
    assert_string_not_equal(plain.fingerprint, keyed.fingerprint);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, empty_tables, no_lock_is_left)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_repeated_request_gets_the_stored_answer),
        TEST(an_answer_without_body_is_repeated_without_body),
        TEST(a_key_reused_for_another_request_is_unprocessable),
        TEST(the_same_key_of_another_caller_is_another_key),
        TEST(a_request_in_progress_refuses_its_repetition),
        TEST(a_request_that_failed_may_be_tried_again),
        TEST(a_lost_session_gives_up_its_lock),
        TEST(a_lock_that_a_failed_unit_cannot_give_back_goes_with_the_session),
        TEST(of_two_that_race_to_store_exactly_one_wins),
        TEST(only_printable_keys_of_1_to_255_characters_are_valid),
        TEST(old_answers_are_forgotten_a_few_at_once),
        TEST(a_fingerprint_cannot_be_made_without_the_secret),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
