/* test_store.c - the SQL of the payment service, with a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "id.h"
#include "store.h"
#include "testing.h"
#include "usecases.h"

enum { LONG_MS = 60000 };

#define USER  "0193452c-7a11-7cc3-98c4-dc0c0c070001"
#define OTHER "0193452c-7a11-7cc3-98c4-dc0c0c070002"

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

static int no_payments(void **state)
{
    struct db_rows rows;

    (void)state;
    db_unit_rollback(ctx);
    return (int)db_exec(ctx, &rows, "TRUNCATE payments, outbox").code;
}

static void execute(const char *sql)
{
    assert_int_equal(db_exec_script(ctx, sql, LONG_MS).code, ERR_OK);
}

static int64_t number(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec(ctx, &rows, sql).code, ERR_OK);
    return db_int(&rows, 0, 0);
}

static struct payment payment_of(const char *user_id, enum payment_state s)
{
    return (struct payment){
        .id = id_new(env->arena),
        .order_id = id_new(env->arena),
        .user_id = user_id,
        .amount = 700,
        .currency = "EUR",
        .method = "pm_ok",
        .state = s,
        .reason = "",
        .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        .correlation_id = "c1",
        .causation_id = "e1",
    };
}

static struct payment insert(const char *user_id, enum payment_state s)
{
    struct payment p = payment_of(user_id, s);
    bool added;

    assert_int_equal(store_insert(ctx, &p, &added).code, ERR_OK);
    assert_true(added);
    return p;
}

static bool take(int64_t lease_ms, struct payment *p, bool *more)
{
    struct taking taking;
    bool found;

    assert_int_equal(store_take(ctx, lease_ms, &taking).code, ERR_OK);
    assert_int_equal(store_taken(ctx, &taking, p, &found, more).code, ERR_OK);
    return found;
}

static void assert_taken(int64_t lease_ms, const char *id)
{
    struct payment p;
    bool more;

    assert_int_equal(take(lease_ms, &p, &more), id != NULL);
    if (id)
        assert_string_equal(p.id, id);
}

/* --- what is stored --------------------------------------------------------------- */

static void a_payment_comes_back_as_it_was_stored(void **state)
{
    struct payment p = insert(USER, PAYMENT_CHARGING), q;

    (void)state;
    assert_int_equal(store_find(ctx, p.id, USER, &q).code, ERR_OK);
    assert_string_equal(q.id, p.id);
    assert_string_equal(q.order_id, p.order_id);
    assert_string_equal(q.user_id, USER);
    assert_int_equal(q.amount, 700);
    assert_int_equal(q.refunded, 0);
    assert_string_equal(q.currency, "EUR");
    assert_string_equal(q.method, "pm_ok");
    assert_int_equal(q.state, PAYMENT_CHARGING);
    assert_string_equal(q.reason, "");
    assert_int_equal(q.attempts, 0);
    assert_string_equal(q.traceparent, p.traceparent);
    assert_string_equal(q.correlation_id, "c1");
    assert_string_equal(q.causation_id, "e1");
    assert_int_equal(strlen(q.created_at), strlen("2026-01-01T00:00:00.000Z"));
    assert_string_equal(q.created_at, q.updated_at);
}

static void every_state_can_be_stored_but_none(void **state)
{
    struct payment none = payment_of(USER, PAYMENT_NONE);
    bool added;

    (void)state;
    for (int s = PAYMENT_CHARGING; s < PAYMENT_STATES; s++)
        insert(USER, (enum payment_state)s);
    assert_int_equal(number("SELECT count(*) FROM payments"), PAYMENT_STATES - 1);
    assert_int_equal(store_insert(ctx, &none, &added).code, ERR_CONFLICT);
}

static void an_order_has_one_payment(void **state)
{
    struct payment tombstone = insert(USER, PAYMENT_VOID);
    struct payment second = payment_of(USER, PAYMENT_CHARGING), found;
    bool added = true;

    (void)state;
    second.order_id = tombstone.order_id;
    assert_int_equal(store_insert(ctx, &second, &added).code, ERR_OK);
    assert_false(added);
    assert_int_equal(store_lock_order(ctx, second.order_id, &found).code, ERR_OK);
    assert_string_equal(found.id, tombstone.id);
    assert_int_equal(found.state, PAYMENT_VOID);
    assert_int_equal(store_find(ctx, second.id, NULL, &found).code, ERR_NOT_FOUND);
}

static void anothers_payment_is_not_found(void **state)
{
    struct payment p = insert(USER, PAYMENT_CAPTURED), q;

    (void)state;
    assert_int_equal(store_find(ctx, p.id, OTHER, &q).code, ERR_NOT_FOUND);
    assert_int_equal(store_find(ctx, p.id, NULL, &q).code, ERR_OK);
    assert_int_equal(store_lock(ctx, p.order_id, &q).code, ERR_NOT_FOUND);
    assert_int_equal(store_lock_order(ctx, p.id, &q).code, ERR_NOT_FOUND);
}

static void lists_are_newest_first_and_go_on_after_a_payment(void **state)
{
    struct payment p[3], *list;
    size_t n;

    (void)state;
    for (int i = 0; i < 3; i++)
        p[i] = insert(USER, PAYMENT_CAPTURED);
    insert(OTHER, PAYMENT_CAPTURED);

    assert_int_equal(store_list(ctx, USER, NULL, NULL, 2, &list, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].id, p[2].id);
    assert_string_equal(list[1].id, p[1].id);
    assert_int_equal(store_list(ctx, USER, NULL, p[1].id, 2, &list, &n).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, p[0].id);
    assert_int_equal(store_list(ctx, NULL, NULL, NULL, 10, &list, &n).code, ERR_OK);
    assert_int_equal(n, 4);
    assert_int_equal(store_list(ctx, USER, p[1].order_id, NULL, 10, &list, &n).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, p[1].id);
    assert_int_equal(store_list(ctx, OTHER, p[1].order_id, NULL, 10, &list, &n).code, ERR_OK);
    assert_int_equal(n, 0);
}

static void the_books_count_what_was_captured_and_what_was_given_back(void **state)
{
    struct payment_totals *t;
    struct payment p;
    size_t n;

    (void)state;
    insert(USER, PAYMENT_CAPTURED);
    insert(USER, PAYMENT_VOID);
    insert(USER, PAYMENT_REFUNDING);
    p = insert(USER, PAYMENT_REFUNDED);
    p.refunded = 700;
    assert_int_equal(store_settle(ctx, &p, 0).code, ERR_OK);
    p = insert(USER, PAYMENT_FAILED); /* given up, and had been captured */
    p.refunded = 700;
    assert_int_equal(store_settle(ctx, &p, 0).code, ERR_OK);

    assert_int_equal(store_totals(ctx, &t, &n).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(t[0].currency, "EUR");
    assert_int_equal(t[0].payments, 5);
    assert_int_equal(t[0].captured, 2100);
    assert_int_equal(t[0].refunded, 1400);
    assert_int_equal(t[0].open, 1);
}

/* --- work --------------------------------------------------------------------------- */

static void only_what_is_due_is_taken_and_the_oldest_first(void **state)
{
    struct payment first, second;

    (void)state;
    for (int s = PAYMENT_CAPTURED; s <= PAYMENT_VOID; s++)
        insert(USER, (enum payment_state)s);
    assert_taken(LONG_MS, NULL);
    first = insert(USER, PAYMENT_GIVING_UP);
    second = insert(USER, PAYMENT_REFUNDING);
    insert(USER, PAYMENT_CHARGING);
    execute("UPDATE payments SET due_at = now() + interval '1 hour' WHERE state = 'CHARGING'");
    assert_taken(LONG_MS, first.id);
    assert_taken(LONG_MS, second.id);
    assert_taken(LONG_MS, NULL);
}

static void what_keeps_failing_does_not_hold_up_the_others(void **state)
{
    struct payment failing = insert(USER, PAYMENT_CHARGING), fresh;

    (void)state;
    failing.attempts = 1;
    assert_int_equal(store_settle(ctx, &failing, 0).code, ERR_OK);
    fresh = insert(USER, PAYMENT_CHARGING);
    assert_taken(LONG_MS, fresh.id);
    assert_taken(LONG_MS, failing.id);
}

static void a_lease_keeps_others_away_until_it_runs_out(void **state)
{
    struct payment p = insert(USER, PAYMENT_CHARGING), job;
    bool more;

    (void)state;
    assert_taken(LONG_MS, p.id);
    assert_taken(LONG_MS, NULL);
    execute("UPDATE payments SET locked_until = locked_until - interval '59.8 seconds'");
    wait_until(take(LONG_MS, &job, &more));
    assert_string_equal(job.id, p.id);
    assert_true(number("SELECT (clock_timestamp() >= locked_until - interval '1 minute')::int"
                       " FROM payments"));
}

static void a_payment_that_is_settled_is_due_again_after_its_delay(void **state)
{
    struct payment p = insert(USER, PAYMENT_CHARGING);

    (void)state;
    assert_taken(LONG_MS, p.id);
    p.attempts = 1;
    assert_int_equal(store_settle(ctx, &p, 60000).code, ERR_OK);
    assert_taken(LONG_MS, NULL);
    assert_int_equal(number("SELECT (due_at BETWEEN updated_at + interval '30 seconds'"
                            " AND updated_at + interval '60 seconds')::int FROM payments"),
                     1);
    assert_int_equal(number("SELECT attempts FROM payments"), 1);
    assert_int_equal(store_settle(ctx, &p, 0).code, ERR_OK);
    assert_taken(LONG_MS, p.id);
}

static void a_cancellation_makes_it_due_but_leaves_it_to_who_has_it_in_hand(void **state)
{
    struct payment p = insert(USER, PAYMENT_CHARGING);

    (void)state;
    assert_taken(LONG_MS, p.id);
    execute("UPDATE payments SET due_at = now() + interval '1 hour'");
    p.state = PAYMENT_REFUNDING;
    p.causation_id = "e2";
    assert_int_equal(store_save(ctx, &p).code, ERR_OK);
    assert_taken(LONG_MS, NULL);
    assert_int_equal(store_settle(ctx, &p, 0).code, ERR_OK);
    assert_taken(LONG_MS, p.id);
    assert_int_equal(number("SELECT count(*) FROM payments WHERE causation_id = 'e2'"), 1);
}

static void a_payment_that_somebody_is_changing_is_passed_over(void **state)
{
    struct payment busy = insert(USER, PAYMENT_CHARGING), p;
    struct payment free = insert(USER, PAYMENT_CHARGING);
    struct ctx other = testing_ctx_open(env);

    (void)state;
    db_unit_begin(&other, DB_WRITE);
    assert_int_equal(store_lock(&other, busy.id, &p).code, ERR_OK);
    assert_taken(LONG_MS, free.id);
    assert_taken(LONG_MS, NULL);
    db_unit_rollback(&other);
    assert_taken(LONG_MS, busy.id);
    testing_ctx_close(&other);
}

/* --- many at once ------------------------------------------------------------------- */

enum { THREADS = 4, JOBS = 200 };

/* Takes until there is nothing left, and marks what it took. */
static void *take_all(void *arg)
{
    struct ctx c = testing_ctx_patient(env);
    struct payment p;
    bool found = true, more;

    while (found) {
        struct taking taking;
        struct db_rows rows;
        struct err err;

        db_unit_begin(&c, DB_WRITE);
        err = store_take(&c, LONG_MS, &taking);
        if (!err.code)
            err = db_flush(&c);
        if (!err.code)
            err = store_taken(&c, &taking, &p, &found, &more);
        if (!err.code && found)
            err = db_exec(&c, &rows, "UPDATE payments SET attempts = attempts + 1 WHERE id = $1",
                          p.id);
        if (!err.code)
            err = db_unit_commit(&c);
        if (err.code)
            *(bool *)arg = true;
        if (err.code)
            break;
    }
    testing_ctx_close(&c);
    return NULL;
}

static void two_workers_never_take_the_same_payment(void **state)
{
    pthread_t thread[THREADS];
    bool failed[THREADS] = {false};

    (void)state;
    for (int i = 0; i < JOBS; i++)
        insert(USER, PAYMENT_CHARGING);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, take_all, &failed[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_false(failed[i]);
    }
    assert_int_equal(number("SELECT count(*) FROM payments WHERE attempts = 1"), JOBS);
}

static struct payment race[JOBS];

static struct err hear(struct ctx *c, const struct payment *p, bool cancelled)
{
    struct err err;

    db_unit_begin(c, DB_WRITE);
    err = cancelled ? payment_cancelled(c, p) : payment_reserved(c, p);
    if (!err.code)
        return db_unit_commit(c);
    db_unit_rollback(c);
    return err;
}

static void *cancel_all(void *arg)
{
    struct ctx c = testing_ctx_patient(env);

    for (int i = 0; i < JOBS; i++)
        if (hear(&c, &race[i], true).code)
            *(bool *)arg = true;
    testing_ctx_close(&c);
    return NULL;
}

static void a_reservation_and_its_cancellation_that_race_leave_nothing_to_charge(void **state)
{
    struct ctx c = testing_ctx_patient(env);
    pthread_t thread;
    bool failed = false;

    (void)state;
    for (int i = 0; i < JOBS; i++)
        race[i] = payment_of(USER, PAYMENT_NONE);
    assert_int_equal(pthread_create(&thread, NULL, cancel_all, &failed), 0);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(hear(&c, &race[i], false).code, ERR_OK);
    pthread_join(thread, NULL);
    assert_false(failed);
    assert_int_equal(number("SELECT count(*) FROM payments"), JOBS);
    assert_int_equal(number("SELECT count(*) FROM payments WHERE state IN ('VOID', 'REFUNDING')"),
                     JOBS);
    testing_ctx_close(&c);
}

static void a_worker_that_died_after_the_charge_is_followed_by_one_that_announces_once(void **state)
{
    static const struct payment_outcome charged = {.known = true, .event = PAYMENT_CHARGED};
    struct payment p = insert(USER, PAYMENT_CHARGING), job;
    struct taking taking;
    bool found, more;

    (void)state;
    assert_taken(0, p.id); /* charged, and then nothing was heard of it any more */
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(payment_take(ctx, &taking).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(store_taken(ctx, &taking, &job, &found, &more).code, ERR_OK);
    assert_true(found);
    assert_false(more);
    assert_string_equal(job.id, p.id); /* the same key at the provider: the same charge */
    db_unit_begin(ctx, DB_WRITE);
    assert_int_equal(payment_finish(ctx, &job, &charged).code, ERR_OK);
    assert_int_equal(db_unit_commit(ctx).code, ERR_OK);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE type = 'payment.processed'"), 1);
    assert_int_equal(number("SELECT count(*) FROM payments WHERE state = 'CAPTURED'"), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, no_payments)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_payment_comes_back_as_it_was_stored),
        TEST(every_state_can_be_stored_but_none),
        TEST(an_order_has_one_payment),
        TEST(anothers_payment_is_not_found),
        TEST(lists_are_newest_first_and_go_on_after_a_payment),
        TEST(the_books_count_what_was_captured_and_what_was_given_back),
        TEST(only_what_is_due_is_taken_and_the_oldest_first),
        TEST(what_keeps_failing_does_not_hold_up_the_others),
        TEST(a_lease_keeps_others_away_until_it_runs_out),
        TEST(a_payment_that_is_settled_is_due_again_after_its_delay),
        TEST(a_cancellation_makes_it_due_but_leaves_it_to_who_has_it_in_hand),
        TEST(a_payment_that_somebody_is_changing_is_passed_over),
        TEST(two_workers_never_take_the_same_payment),
        TEST(a_reservation_and_its_cancellation_that_race_leave_nothing_to_charge),
        TEST(a_worker_that_died_after_the_charge_is_followed_by_one_that_announces_once),
    };

    return cmocka_run_group_tests_name("payment store", tests, open_database, close_database);
}
