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

static struct idempotency key_of(const char *caller, const char *key, const char *body)
{
    struct idempotency k;

    assert_int_equal(
        idempotency_key(&k, caller, key, "POST", "/api/v1/orders", body, strlen(body)).code,
        ERR_OK);
    return k;
}

static const struct stored_answer created = {
    .status = 201, .body = "{\"id\":\"1\"}", .location = "/api/v1/orders/1"};

/* The whole of one request: as http_dispatch.c does it. */
static struct err serve(struct ctx *c, const struct idempotency *k,
                        const struct stored_answer *answer)
{
    struct err err;

    db_unit_begin(c, DB_WRITE);
    err = idempotency_store(c, k, answer);
    if (!err.code)
        err = db_unit_commit(c);
    db_unit_rollback(c);
    return err;
}

static void a_repeated_request_gets_the_stored_answer(void **state)
{
    const struct idempotency k = key_of("ann", "key-1", "{\"n\":1}");
    struct stored_answer stored;

    (void)state;
    assert_int_equal(idempotency_find(ctx, &k, &stored).code, ERR_OK);
    assert_int_equal(stored.status, 0);
    assert_int_equal(serve(ctx, &k, &created).code, ERR_OK);
    assert_int_equal(idempotency_find(&other, &k, &stored).code, ERR_OK);
    assert_int_equal(stored.status, 201);
    assert_string_equal(stored.body, created.body);
    assert_string_equal(stored.location, created.location);
}

static void an_answer_without_body_is_repeated_without_body(void **state)
{
    const struct idempotency k = key_of("ann", "key-1", "");
    const struct stored_answer empty = {.status = 204};
    struct stored_answer stored;

    (void)state;
    assert_int_equal(serve(ctx, &k, &empty).code, ERR_OK);
    assert_int_equal(idempotency_find(ctx, &k, &stored).code, ERR_OK);
    assert_int_equal(stored.status, 204);
    assert_null(stored.body);
    assert_null(stored.location);
}

static void a_key_reused_for_another_request_is_unprocessable(void **state)
{
    const struct idempotency k = key_of("ann", "key-1", "{\"n\":1}");
    const struct idempotency body = key_of("ann", "key-1", "{\"n\":2}");
    struct idempotency path;
    struct stored_answer stored;

    (void)state;
    assert_int_equal(
        idempotency_key(&path, "ann", "key-1", "POST", "/api/v1/x", "{\"n\":1}", 7).code, ERR_OK);
    assert_int_equal(serve(ctx, &k, &created).code, ERR_OK);
    assert_int_equal(idempotency_find(ctx, &body, &stored).code, ERR_UNPROCESSABLE);
    assert_int_equal(stored.status, 0);
    assert_int_equal(idempotency_find(ctx, &path, &stored).code, ERR_UNPROCESSABLE);
}

static void the_same_key_of_another_caller_is_another_key(void **state)
{
    const struct idempotency anns = key_of("ann", "key-1", "{}"),
                             bobs = key_of("bob", "key-1", "{}");

    (void)state;
    assert_int_equal(serve(ctx, &anns, &created).code, ERR_OK);
    assert_int_equal(serve(ctx, &bobs, &created).code, ERR_OK);
    assert_int_equal(answers(), 2);
}

static void strangers_with_the_same_key_do_not_meet(void **state)
{
    const struct idempotency one = key_of("", "key-1", "{}"), same = key_of("", "key-1", "{}"),
                             other_ = key_of("", "key-1", "{\"n\":1}");
    struct stored_answer stored;

    (void)state;
    assert_int_equal(serve(ctx, &one, &created).code, ERR_OK);
    assert_int_equal(idempotency_find(ctx, &other_, &stored).code, ERR_OK);
    assert_int_equal(stored.status, 0);
    assert_int_equal(serve(ctx, &other_, &created).code, ERR_OK);
    assert_int_equal(answers(), 2);

    assert_int_equal(idempotency_find(ctx, &same, &stored).code, ERR_OK);
    assert_int_equal(stored.status, 201); /* a repetition is one all the same */
    assert_int_equal(serve(&other, &same, &created).code, ERR_CONFLICT);
}

static void a_request_that_failed_may_be_tried_again(void **state)
{
    const struct idempotency k = key_of("ann", "key-1", "{}");

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(idempotency_store(ctx, &k, &created).code, ERR_OK);
    db_unit_rollback(ctx);
    assert_int_equal(answers(), 0);
    assert_int_equal(serve(ctx, &k, &created).code, ERR_OK);
}

struct race {
    struct ctx ctx;
    struct idempotency key;
    struct err err;
};

static void *finish_race(void *arg)
{
    const struct stored_answer second = {.status = 201, .body = "{\"id\":\"2\"}"};
    struct race *r = arg;

    r->err = serve(&r->ctx, &r->key, &second);
    return NULL;
}

static void of_two_at_once_the_second_waits_and_fails_with_a_conflict(void **state)
{
    struct race race = {.ctx = other, .key = key_of("ann", "key-1", "{}")};
    struct stored_answer stored;
    struct db_rows rows;
    pthread_t thread;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(idempotency_store(ctx, &race.key, &created).code, ERR_OK);
    assert_int_equal(db_exec(ctx, &rows, "SELECT 1").code, ERR_OK); /* takes it along */
    assert_int_equal(pthread_create(&thread, NULL, finish_race, &race), 0);
    wait_until(number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                      " AND datname = current_database()") == 1);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    pthread_join(thread, NULL);
    assert_int_equal(race.err.code, ERR_CONFLICT);
    assert_int_equal(idempotency_find(ctx, &race.key, &stored).code, ERR_OK);
    assert_string_equal(stored.body, created.body);
}

static void only_printable_keys_of_1_to_255_characters_are_valid(void **state)
{
    char longest[257];
    const char *const bad[] = {"", "tab\t", "k\xC3\xA9y", longest};
    struct idempotency k;

    (void)state;
    memset(longest, 'k', sizeof(longest));
    longest[256] = '\0';
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(idempotency_key(&k, "ann", bad[i], "POST", "/", "", 0).code, ERR_INVALID);
    longest[255] = '\0';
    key_of("ann", longest, "{}");
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
    const struct idempotency plain = key_of("alice", "k1", "{\"password\":\"x\"}");
    struct idempotency keyed;

    (void)state;
    idempotency_secret("only the service knows");
    keyed = key_of("alice", "k1", "{\"password\":\"x\"}");
    assert_string_not_equal(plain.fingerprint, keyed.fingerprint);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_tables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_repeated_request_gets_the_stored_answer),
        TEST(an_answer_without_body_is_repeated_without_body),
        TEST(a_key_reused_for_another_request_is_unprocessable),
        TEST(the_same_key_of_another_caller_is_another_key),
        TEST(strangers_with_the_same_key_do_not_meet),
        TEST(a_request_that_failed_may_be_tried_again),
        TEST(of_two_at_once_the_second_waits_and_fails_with_a_conflict),
        TEST(only_printable_keys_of_1_to_255_characters_are_valid),
        TEST(old_answers_are_forgotten_a_few_at_once),
        TEST(a_fingerprint_cannot_be_made_without_the_secret),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
