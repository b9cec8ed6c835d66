/* test_outbox.c - the outbox and the inbox, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "event.h"
#include "inbox.h"
#include "outbox.h"
#include "testing.h"
#include "worker.h"

static struct testing *env;
static struct ctx *ctx;

static int setup(void **state)
{
    (void)state;
    event_source("tests");
    env = testing_open_common();
    ctx = &env->ctx;
    return 0;
}

static int teardown(void **state)
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
    return (int)db_exec(ctx, &rows, "TRUNCATE inbox, outbox").code;
}

static struct db_rows query(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec_params(ctx, &rows, sql, NULL, 0).code, ERR_OK);
    return rows;
}

static struct outbox_event sample(unsigned to)
{
    return (struct outbox_event){
        .type = "order.created",
        .subject = "0193b9a0-0000-7000-8000-000000000001",
        .data = "{\"total\":1250}",
        .to = to,
    };
}

static void an_event_for_both_destinations_is_one_event_in_two_rows(void **state)
{
    struct outbox_event e = sample(OUTBOX_BUS | OUTBOX_STREAM);
    struct db_rows rows;
    const char *id;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(outbox_add(ctx, &e, &id).code, ERR_OK);
    assert_int_equal(ctx->wakes, WAKE_BUS_RELAY | WAKE_STREAM_RELAY);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(ctx->wakes, 0);

    rows = query("SELECT destination, event_id, type, subject, envelope, traceparent, optional"
                 " FROM outbox ORDER BY seq");
    assert_int_equal(rows.count, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(db_int(&rows, i, 0), i + 1);
        assert_string_equal(db_str(&rows, i, 1), id);
        assert_string_equal(db_str(&rows, i, 2), "order.created");
        assert_string_equal(db_str(&rows, i, 3), e.subject);
        assert_string_equal(db_str(&rows, i, 5), trace_format(ctx->arena, &ctx->trace));
        assert_false(db_bool(&rows, i, 6));
    }
}

static void the_envelope_is_an_event_that_its_receivers_can_read(void **state)
{
    struct outbox_event e = sample(OUTBOX_STREAM);
    struct event parsed;
    struct db_rows rows;
    const char *id;

    (void)state;
    e.version = 2;
    e.optional = true;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(outbox_add(ctx, &e, &id).code, ERR_OK);
    assert_int_equal(ctx->wakes, WAKE_STREAM_RELAY);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);

    rows = query("SELECT envelope, destination, optional FROM outbox");
    assert_int_equal(rows.count, 1);
    assert_int_equal(db_int(&rows, 0, 1), OUTBOX_STREAM);
    assert_true(db_bool(&rows, 0, 2));
    assert_int_equal(
        event_parse(ctx->arena, db_str(&rows, 0, 0), strlen(db_str(&rows, 0, 0)), &parsed).code,
        ERR_OK);
    assert_string_equal(parsed.id, id);
    assert_string_equal(parsed.type, "order.created");
    assert_int_equal(parsed.version, 2);
    assert_string_equal(parsed.source, "tests");
    assert_string_equal(parsed.subject, e.subject);
    assert_string_equal(parsed.traceparent, trace_format(ctx->arena, &ctx->trace));
    assert_int_equal(json_in_int(&parsed.data, "total", 0, 10000), 1250);
}

static void an_event_goes_to_the_bus_unless_told_otherwise(void **state)
{
    struct outbox_event e = sample(0);

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(outbox_add(ctx, &e, NULL).code, ERR_OK);
    assert_int_equal(ctx->wakes, WAKE_BUS_RELAY);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(query("SELECT FROM outbox WHERE destination = 1").count, 1);
}

static void an_event_of_a_rolled_back_unit_never_happened(void **state)
{
    struct outbox_event e = sample(OUTBOX_BUS);

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(outbox_add(ctx, &e, NULL).code, ERR_OK);
    db_unit_rollback(ctx);
    assert_int_equal(ctx->wakes, 0);
    assert_int_equal(query("SELECT FROM outbox").count, 0);
}

static struct err hear_all(struct ctx *c, const char *const ids[], size_t n, bool first[])
{
    struct db_rows noted;
    struct err err = inbox_note(c, ids, n, &noted);

    if (!err.code)
        err = db_flush(c);
    inbox_tell(c, &noted, ids, n, first);
    return err;
}

static struct err hear(const char *id, bool *first)
{
    return hear_all(ctx, &id, 1, first);
}

static void an_event_is_handled_for_the_first_time_once(void **state)
{
    bool first;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(hear("e1", &first).code, ERR_OK);
    assert_true(first);
    assert_int_equal(hear("e1", &first).code, ERR_OK);
    assert_false(first);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);

    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(hear("e1", &first).code, ERR_OK);
    assert_false(first);
    assert_int_equal(hear("e2", &first).code, ERR_OK);
    assert_true(first);
    db_unit_rollback(ctx);

    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(hear("e2", &first).code, ERR_OK);
    assert_true(first);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
}

static void of_a_batch_each_event_is_told_whether_it_is_new(void **state)
{
    const char *const ids[] = {"z", "known", "a", "z"};
    bool first[4];

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(hear("known", first).code, ERR_OK);
    assert_int_equal(hear_all(ctx, ids, 4, first).code, ERR_OK);
    assert_true(first[0]);
    assert_false(first[1]);
    assert_true(first[2]);
    assert_false(first[3]); /* twice in one batch */
    db_unit_rollback(ctx);
}

struct handling {
    struct ctx ctx;
    struct err err;
    bool first;
};

static void *handle(void *arg)
{
    struct handling *h = arg;

    db_unit_begin(&h->ctx, DB_WRITE);
    h->err = hear_all(&h->ctx, (const char *[]){"raced"}, 1, &h->first);
    if (!h->err.code)
        h->err = db_unit_commit(&h->ctx);
    db_unit_rollback(&h->ctx);
    return NULL;
}

static int waiting_for_locks(struct ctx *watcher)
{
    struct db_rows rows;

    assert_int_equal(db_exec(watcher, &rows,
                             "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                             " AND datname = current_database()")
                         .code,
                     ERR_OK);
    return rows.count;
}

static void of_two_consumers_of_one_event_exactly_one_is_first(void **state)
{
    struct handling other = {.ctx = testing_ctx_open(env)};
    struct ctx watcher = testing_ctx_open(env);
    pthread_t thread;
    bool first;

    (void)state;
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(hear("raced", &first).code, ERR_OK);
    assert_true(first);
    assert_int_equal(pthread_create(&thread, NULL, handle, &other), 0);
    wait_until(waiting_for_locks(&watcher) == 1);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    pthread_join(thread, NULL);
    assert_int_equal(other.err.code, ERR_OK);
    assert_false(other.first);
    testing_ctx_close(&watcher);
    testing_ctx_close(&other.ctx);
}

static void old_entries_are_forgotten_a_few_at_once(void **state)
{
    int pruned;

    (void)state;
    query("INSERT INTO inbox SELECT 'old' || n, now() - interval '61 s'"
          " FROM generate_series(1, 5) AS n");
    query("INSERT INTO inbox VALUES ('new', now() - interval '59 s')");
    assert_int_equal(inbox_prune(ctx, 60, 3, &pruned).code, ERR_OK);
    assert_int_equal(pruned, 3);
    assert_int_equal(inbox_prune(ctx, 60, 3, &pruned).code, ERR_OK);
    assert_int_equal(pruned, 2);
    assert_int_equal(inbox_prune(ctx, 60, 3, &pruned).code, ERR_OK);
    assert_int_equal(pruned, 0);
    assert_int_equal(query("SELECT FROM inbox WHERE event_id = 'new'").count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_event_for_both_destinations_is_one_event_in_two_rows,
                               empty_tables),
        cmocka_unit_test_setup(the_envelope_is_an_event_that_its_receivers_can_read, empty_tables),
        cmocka_unit_test_setup(an_event_goes_to_the_bus_unless_told_otherwise, empty_tables),
        cmocka_unit_test_setup(an_event_of_a_rolled_back_unit_never_happened, empty_tables),
        cmocka_unit_test_setup(an_event_is_handled_for_the_first_time_once, empty_tables),
        cmocka_unit_test_setup(of_a_batch_each_event_is_told_whether_it_is_new, empty_tables),
        cmocka_unit_test_setup(of_two_consumers_of_one_event_exactly_one_is_first, empty_tables),
        cmocka_unit_test_setup(old_entries_are_forgotten_a_few_at_once, empty_tables),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
