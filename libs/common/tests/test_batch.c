/* test_batch.c - batches of events, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "batch.h"
#include "db.h"
#include "id.h"
#include "metrics.h"
#include "outbox.h"
#include "testing.h"

static struct testing *env;
static struct ctx *ctx;
static struct batch *batch;
static enum err_code fault; /* of the handler of test.fails */
static int calls;

/* --- handlers ----------------------------------------------------------------- */

static struct err note_effect(struct ctx *c, const struct event *e)
{
    struct db_rows rows;

    calls++;
    return db_exec(c, &rows,
                   "INSERT INTO effect (event_id, causation, correlation, transaction)"
                   " VALUES ($1, $2, $3, pg_current_xact_id()::text)",
                   e->id, c->causation_id, c->correlation_id);
}

static struct err fail_after_an_effect(struct ctx *c, const struct event *e)
{
    struct err err = note_effect(c, e);

    if (err.code || !fault)
        return err;
    return err_new(c->arena, fault, "the handler of %s says so", e->id);
}

/* The handler sees nothing wrong, but the transaction cannot be committed. */
static struct err break_a_deferred_constraint(struct ctx *c, const struct event *e)
{
    struct db_rows rows;
    struct err err = note_effect(c, e);

    return err.code ? err : db_exec(c, &rows, "INSERT INTO child (parent) VALUES (1)");
}

static struct err lose_the_connection(struct ctx *c, const struct event *e)
{
    struct db_rows rows;

    (void)e;
    return db_exec(c, &rows, "SELECT pg_terminate_backend(pg_backend_pid())");
}

static const struct subscription subscriptions[] = {
    {"test.done",     1, note_effect                },
    {"test.fails",    1, fail_after_an_effect       },
    {"test.deferred", 1, break_a_deferred_constraint},
    {"test.ends",     1, lose_the_connection        },
};

/* --- around each test ----------------------------------------------------------- */

static struct db_rows query(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec_params(ctx, &rows, sql, NULL, 0).code, ERR_OK);
    return rows;
}

static int64_t count(const char *sql)
{
    const struct db_rows rows = query(sql);

    return db_int(&rows, 0, 0);
}

static int setup(void **state)
{
    (void)state;
    event_source("tests");
    env = testing_open_common();
    ctx = &env->ctx;
    query("CREATE TABLE effect (event_id text, causation text, correlation text,"
          " transaction text)");
    query("CREATE TABLE parent (id int PRIMARY KEY)");
    query("CREATE TABLE child (parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
    batch = batch_new("test_batch", NULL, subscriptions,
                      sizeof(subscriptions) / sizeof(subscriptions[0]));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    batch_free(batch);
    testing_close(env);
    return 0;
}

static int empty_tables(void **state)
{
    (void)state;
    fault = ERR_INTERNAL;
    calls = 0;
    query("TRUNCATE effect, child, parent, inbox, outbox");
    return 0;
}

static struct envelope envelope(const char *type)
{
    const struct event e = {.type = type, .version = 1, .subject = id_new(ctx->arena)};
    const char *text = event_format(ctx, &e, "{}");

    return (struct envelope){.text = text, .len = strlen(text), .id = "", .type = ""};
}

static void handle(struct envelope list[], size_t n)
{
    assert_int_equal(batch_handle(batch, ctx, list, n).code, ERR_OK);
}

/* --- fates ---------------------------------------------------------------------- */

static void only_passing_faults_are_retried_and_not_for_ever(void **state)
{
    (void)state;
    for (int code = ERR_OK; code <= ERR_INTERNAL; code++) {
        const bool passing = code == ERR_UNAVAILABLE || code == ERR_INTERNAL;
        const enum fate with_tries = code == ERR_OK ? FATE_DONE : passing ? FATE_LATER : FATE_BURY;

        assert_int_equal(batch_fate((enum err_code)code, true), with_tries);
        assert_int_equal(batch_fate((enum err_code)code, false),
                         code == ERR_OK ? FATE_DONE : FATE_BURY);
    }
}

/* --- batches ---------------------------------------------------------------------- */

static void a_batch_is_one_transaction(void **state)
{
    struct envelope list[] = {envelope("test.done"), envelope("test.done"), envelope("test.done")};

    (void)state;
    handle(list, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(list[i].outcome.code, ERR_OK);
        assert_string_equal(list[i].type, "test.done");
    }
    assert_int_equal(count("SELECT count(*) FROM effect"), 3);
    assert_int_equal(count("SELECT count(DISTINCT transaction) FROM effect"), 1);
    assert_int_equal(count("SELECT count(*) FROM inbox"), 3);
}

static size_t fetched; /* subjects */
static int fetches;

static struct err fetch(struct ctx *c)
{
    fetched = c->nsubjects;
    fetches++;
    c->ahead = &fetched;
    return db_flush(c);
}

static void what_a_batch_is_about_is_fetched_ahead_but_not_for_those_that_run_alone(void **state)
{
    struct envelope list[] = {envelope("test.done"), envelope("test.done")};
    struct envelope bad[] = {envelope("test.fails"), envelope("test.done")};
    struct batch *b = batch_new("test_batch_ahead", fetch, subscriptions, 2);

    (void)state;
    fetches = 0;
    assert_int_equal(batch_handle(b, ctx, list, 2).code, ERR_OK);
    assert_int_equal(fetches, 1);
    assert_int_equal(fetched, 2);
    assert_ptr_equal(ctx->ahead, &fetched);
    assert_int_equal(batch_handle(b, ctx, bad, 2).code, ERR_OK);
    assert_int_equal(fetches, 2);
    assert_null(ctx->ahead);
    assert_int_equal(bad[0].outcome.code, ERR_INTERNAL);
    assert_int_equal(bad[1].outcome.code, ERR_OK);
    fault = ERR_OK;
    assert_int_equal(batch_handle(b, ctx, &bad[0], 1).code, ERR_OK); /* one is a batch, too */
    assert_int_equal(fetches, 3);
    assert_int_equal(count("SELECT count(*) FROM effect"), 4);
    batch_free(b);
}

static void a_handler_continues_the_flow_of_its_event(void **state)
{
    struct envelope e = envelope("test.done");

    (void)state;
    handle(&e, 1);
    assert_int_equal(count("SELECT count(*) FROM effect WHERE causation = event_id"), 1);
    assert_int_equal(count("SELECT count(*) FROM effect WHERE correlation <> ''"), 1);
    assert_null(ctx->causation_id); /* and it ends there */
    assert_null(ctx->correlation_id);
}

static void a_duplicate_has_no_second_effect_in_its_batch_or_later(void **state)
{
    struct envelope e = envelope("test.done"), list[] = {e, e};

    (void)state;
    handle(list, 2);
    assert_false(list[0].duplicate);
    assert_true(list[1].duplicate);
    assert_int_equal(list[1].outcome.code, ERR_OK);
    handle(&e, 1);
    assert_true(e.duplicate);
    assert_int_equal(calls, 1);
    assert_int_equal(count("SELECT count(*) FROM effect"), 1);
}

static void one_bad_event_is_found_alone(void **state)
{
    struct envelope list[] = {envelope("test.done"), envelope("test.fails"), envelope("test.done")};

    (void)state;
    handle(list, 3);
    assert_int_equal(list[0].outcome.code, ERR_OK);
    assert_int_equal(list[1].outcome.code, ERR_INTERNAL);
    assert_int_equal(list[2].outcome.code, ERR_OK);
    assert_int_equal(count("SELECT count(*) FROM effect"), 2);
    assert_int_equal(count("SELECT count(DISTINCT transaction) FROM effect"), 2);
    assert_int_equal(count("SELECT count(*) FROM inbox"), 2);
    fault = ERR_OK; /* it was rolled back whole, so it may come again */
    handle(&list[1], 1);
    assert_int_equal(list[1].outcome.code, ERR_OK);
    assert_false(list[1].duplicate);
    assert_int_equal(count("SELECT count(*) FROM effect"), 3);
}

static void a_bad_envelope_says_what_is_wrong_and_spares_its_neighbours(void **state)
{
    struct envelope list[] = {
        envelope("test.done"),
        {.text = "{\"specversion\":\"1.0\"", .len = 20, .id = "1", .type = ""},
        {.text = "",                        .len = 0                                },
        envelope("test.unheard_of"),
        envelope("test.done"),
    };

    (void)state;
    handle(list, 5);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(list[i].outcome.code, ERR_INVALID);
        assert_true(strlen(list[i].outcome.msg) > 0);
    }
    assert_non_null(strstr(list[3].outcome.msg, "test.unheard_of"));
    assert_int_equal(count("SELECT count(*) FROM effect"), 2);
    assert_int_equal(count("SELECT count(*) FROM inbox"), 2);
}

static void a_batch_that_cannot_be_committed_is_handled_one_by_one(void **state)
{
    struct envelope list[] = {envelope("test.done"), envelope("test.deferred")};

    (void)state;
    handle(list, 2);
    assert_int_equal(list[0].outcome.code, ERR_OK);
    assert_int_equal(list[1].outcome.code, ERR_CONFLICT);
    assert_int_equal(count("SELECT count(*) FROM effect"), 1);
}

static void one_event_that_cannot_be_committed_is_not_tried_twice(void **state)
{
    struct envelope e = envelope("test.deferred");

    (void)state;
    handle(&e, 1);
    assert_int_equal(e.outcome.code, ERR_CONFLICT);
    assert_int_equal(calls, 1);
}

static void without_the_database_nothing_is_decided(void **state)
{
    struct envelope list[] = {envelope("test.done"), envelope("test.ends")};
    struct err err;

    (void)state;
    err = batch_handle(batch, ctx, list, 2);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_int_equal(count("SELECT count(*) FROM effect"), 0);
    assert_int_equal(count("SELECT count(*) FROM inbox"), 0);
}

static void what_becomes_of_events_is_counted_under_few_names(void **state)
{
    struct envelope done = envelope("test.done"), fails = envelope("test.fails"),
                    unknown = envelope("test.unheard_of");
    const char *text;

    (void)state;
    handle(&done, 1);
    assert_int_equal(batch_judge(batch, &done, true), FATE_DONE);
    handle(&done, 1);
    assert_int_equal(batch_judge(batch, &done, true), FATE_DONE);
    handle(&fails, 1);
    assert_int_equal(batch_judge(batch, &fails, true), FATE_LATER);
    assert_int_equal(batch_judge(batch, &fails, false), FATE_BURY);
    handle(&unknown, 1);
    assert_int_equal(batch_judge(batch, &unknown, true), FATE_BURY);
    text = metrics_text(ctx->arena);
    for (size_t i = 0; i < 5; i++) {
        static const char *const lines[] = {
            "queue=\"test_batch\",type=\"test.done\",outcome=\"handled\"} 1\n",
            "queue=\"test_batch\",type=\"test.done\",outcome=\"duplicate\"} 1\n",
            "queue=\"test_batch\",type=\"test.fails\",outcome=\"retried\"} 1\n",
            "queue=\"test_batch\",type=\"test.fails\",outcome=\"buried\"} 1\n",
            "queue=\"test_batch\",type=\"other\",outcome=\"buried\"} 1\n",
        };

        if (!strstr(text, lines[i]))
            fail_msg("%s is not in\n%s", lines[i], text);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, empty_tables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_passing_faults_are_retried_and_not_for_ever),
        TEST(a_batch_is_one_transaction),
        TEST(what_a_batch_is_about_is_fetched_ahead_but_not_for_those_that_run_alone),
        TEST(a_handler_continues_the_flow_of_its_event),
        TEST(a_duplicate_has_no_second_effect_in_its_batch_or_later),
        TEST(one_bad_event_is_found_alone),
        TEST(a_bad_envelope_says_what_is_wrong_and_spares_its_neighbours),
        TEST(a_batch_that_cannot_be_committed_is_handled_one_by_one),
        TEST(one_event_that_cannot_be_committed_is_not_tried_twice),
        TEST(without_the_database_nothing_is_decided),
        TEST(what_becomes_of_events_is_counted_under_few_names),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
