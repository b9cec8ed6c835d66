/* test_store.c - notifications in a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "id.h"
#include "store.h"
#include "testing.h"

#define ADA    "0193b9a0-0000-7000-8000-00000000000a"
#define NOBODY "0193b9a0-0000-7000-8000-00000000000b"
#define ORDER  "0193b9a0-0000-7000-8000-0000000000f0"
#define OTHER  "0193b9a0-0000-7000-8000-0000000000f1"

enum { LEASE_MS = 60000 };

static struct testing *env;
static struct ctx *ctx;

static int setup(void **state)
{
    (void)state;
    env = testing_open(migrations, nmigrations);
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
    return (int)db_exec(ctx, &rows, "TRUNCATE notifications").code;
}

static struct notification new_one(struct ctx *c, const char *event_id, const char *user_id)
{
    return (struct notification){
        .id = id_new(c->arena),
        .event_id = event_id,
        .user_id = user_id,
        .order_id = ORDER,
        .kind = "order.created",
        .subject = "A subject",
        .body = "Größe 7",
        .state = NOTIFICATION_PENDING,
        .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
}

static int64_t count(void)
{
    struct db_rows rows;

    assert_int_equal(db_exec(ctx, &rows, "SELECT count(*) FROM notifications").code, ERR_OK);
    return db_int(&rows, 0, 0);
}

/* Was it written? */
static bool insert(struct ctx *c, const struct notification *n)
{
    const int64_t before = count();

    assert_int_equal(store_insert(c, n).code, ERR_OK);
    return count() > before;
}

static struct notification stored(const char *id)
{
    struct notification n = {0};

    assert_int_equal(store_find(ctx, id, NULL, &n).code, ERR_OK);
    return n;
}

static const char *add(const char *event_id)
{
    struct notification n = new_one(ctx, event_id, ADA);

    assert_true(insert(ctx, &n));
    return n.id;
}

/* --- what is stored ------------------------------------------------------------------- */

static void what_is_stored_is_found_by_its_recipient_only(void **state)
{
    struct notification n = new_one(ctx, "e1", ADA), found;

    (void)state;
    insert(ctx, &n);
    assert_int_equal(store_find(ctx, n.id, ADA, &found).code, ERR_OK);
    assert_string_equal(found.event_id, "e1");
    assert_string_equal(found.user_id, ADA);
    assert_string_equal(found.order_id, ORDER);
    assert_string_equal(found.kind, "order.created");
    assert_string_equal(found.subject, "A subject");
    assert_string_equal(found.body, "Größe 7");
    assert_int_equal(found.state, NOTIFICATION_PENDING);
    assert_string_equal(found.reason, "");
    assert_int_equal(found.attempts, 0);
    assert_string_equal(found.traceparent, n.traceparent);
    assert_int_equal(strlen(found.created_at), strlen("2026-01-01T00:00:00.000Z"));
    assert_null(found.sent_at);
    assert_int_equal(store_find(ctx, n.id, NOBODY, &found).code, ERR_NOT_FOUND);
    assert_int_equal(store_find(ctx, id_new(ctx->arena), ADA, &found).code, ERR_NOT_FOUND);
}

static void an_event_is_stored_once_for_each_recipient(void **state)
{
    struct notification n = new_one(ctx, "e1", ADA), again = new_one(ctx, "e1", ADA),
                        another = new_one(ctx, "e1", NOBODY);

    (void)state;
    assert_true(insert(ctx, &n));
    assert_false(insert(ctx, &again));
    assert_true(insert(ctx, &another));
    assert_int_equal(store_find(ctx, again.id, NULL, &again).code, ERR_NOT_FOUND);
}

static void a_list_goes_from_the_newest_to_the_oldest_page_by_page(void **state)
{
    static const char *const events[] = {"e1", "e2", "e3", "e4", "e5"};
    const char *ids[5], *after = NULL;
    struct notification *list, others = new_one(ctx, "e6", NOBODY);
    size_t n;

    (void)state;
    for (int i = 4; i >= 0; i--)
        ids[i] = add(events[i]);
    insert(ctx, &others);
    for (size_t seen = 0; seen < 5; seen += n) {
        assert_int_equal(store_list(ctx, ADA, NULL, after, 2, &list, &n).code, ERR_OK);
        assert_int_equal(n, seen < 4 ? 2 : 1);
        for (size_t i = 0; i < n; i++)
            assert_string_equal(list[i].id, ids[seen + i]);
        after = list[n - 1].id;
    }
    assert_int_equal(store_list(ctx, NULL, NULL, NULL, 100, &list, &n).code, ERR_OK);
    assert_int_equal(n, 6);
}

static void a_list_can_be_of_one_order(void **state)
{
    struct notification other = new_one(ctx, "e2", ADA), *list;
    size_t n;

    (void)state;
    add("e1");
    other.order_id = OTHER;
    insert(ctx, &other);
    assert_int_equal(store_list(ctx, ADA, OTHER, NULL, 100, &list, &n).code, ERR_OK);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, other.id);
}

static void the_totals_count_each_kind_in_each_state(void **state)
{
    struct notification sent = new_one(ctx, "e3", ADA);
    struct notification_totals *totals;
    size_t n;

    (void)state;
    add("e1");
    add("e2");
    sent.state = NOTIFICATION_SENT;
    insert(ctx, &sent);
    assert_int_equal(store_totals(ctx, &totals, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(totals[0].kind, "order.created");
    assert_string_equal(totals[0].state, "PENDING");
    assert_int_equal(totals[0].notifications, 2);
    assert_string_equal(totals[1].state, "SENT");
    assert_int_equal(totals[1].notifications, 1);
}

/* --- who has it in hand --------------------------------------------------------------- */

static size_t take_many(int64_t lease_ms, size_t max, struct notification **list)
{
    size_t n = 0;

    assert_int_equal(store_take(ctx, lease_ms, max, list, &n).code, ERR_OK);
    return n;
}

static bool take(int64_t lease_ms, struct notification *out)
{
    struct notification *list;
    const size_t n = take_many(lease_ms, 1, &list);

    if (n)
        *out = list[0];
    return n == 1;
}

static void settle(struct notification *n, enum notification_state s, const char *reason)
{
    const int64_t delay_ms = 60000;

    n->state = s;
    n->reason = reason;
    assert_int_equal(store_settle(ctx, n, &delay_ms, 1).code, ERR_OK);
}

static void give_back(const struct notification list[], size_t n)
{
    const int64_t *at_once = arena_array(ctx->arena, int64_t, n);

    assert_int_equal(store_settle(ctx, list, at_once, n).code, ERR_OK);
}

static void what_one_worker_has_in_hand_another_does_not_get(void **state)
{
    struct notification first, second;

    (void)state;
    add("e1");
    assert_true(take(LEASE_MS, &first));
    assert_int_equal(first.attempts, 1);
    assert_false(take(LEASE_MS, &second));
}

/* Due in the order of 'events', whatever order they were added in. */
static void add_due(const char *const events[], const char *ids[], size_t n)
{
    struct db_rows rows;

    for (size_t i = n; i-- > 0;) {
        ids[i] = add(events[i]);
        assert_int_equal(
            db_exec(ctx, &rows,
                    "UPDATE notifications SET due_at = now() - $2 * interval '1 minute'"
                    " WHERE id = $1",
                    ids[i], db_param_int(ctx, (int64_t)(n - i)))
                .code,
            ERR_OK);
    }
}

static bool lease_is_over(const char *id)
{
    struct db_rows rows;

    assert_int_equal(
        db_exec(ctx, &rows, "SELECT locked_until < now() FROM notifications WHERE id = $1", id)
            .code,
        ERR_OK);
    return db_bool(&rows, 0, 0);
}

static const char *const five[] = {"e1", "e2", "e3", "e4", "e5"};

static void a_batch_is_what_has_been_due_for_longest_in_that_order(void **state)
{
    struct notification *list;
    const char *ids[5];

    (void)state;
    add_due(five, ids, 5);
    assert_int_equal(take_many(LEASE_MS, 3, &list), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(list[i].id, ids[i]);
        assert_int_equal(list[i].attempts, 1);
    }
    assert_int_equal(take_many(LEASE_MS, 3, &list), 2);
    assert_string_equal(list[0].id, ids[3]);
    assert_string_equal(list[1].id, ids[4]);
    assert_int_equal(take_many(LEASE_MS, 3, &list), 0);
}

static void when_a_lease_is_over_another_worker_goes_on(void **state)
{
    struct notification first, second;

    (void)state;
    add("e1");
    assert_true(take(1, &first));
    wait_until(take(LEASE_MS, &second));
    assert_string_equal(second.id, first.id);
    assert_int_equal(second.attempts, 2);
}

/* The first three were taken by a worker that died of one of them. */
static void what_came_back_from_a_dead_worker_is_taken_alone(void **state)
{
    struct notification *list;
    const char *ids[5];

    (void)state;
    add_due(five, ids, 5);
    assert_int_equal(take_many(1, 3, &list), 3);
    wait_until(lease_is_over(ids[2]));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(take_many(LEASE_MS, 5, &list), 1);
        assert_string_equal(list[0].id, ids[i]);
        assert_int_equal(list[0].attempts, 2);
    }
    assert_int_equal(take_many(LEASE_MS, 5, &list), 2);
}

/* Its turn comes when it is the one that has been due for longest. */
static void what_came_back_is_not_taken_among_others(void **state)
{
    struct notification *list, *lent;
    const char *ids[5];

    (void)state;
    add_due(five, ids, 5);
    assert_int_equal(take_many(LEASE_MS, 1, &lent), 1);
    assert_int_equal(take_many(1, 1, &list), 1); /* the second, by a worker that dies */
    wait_until(lease_is_over(ids[1]));
    give_back(lent, 1);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 4);
    assert_string_equal(list[0].id, ids[0]);
    assert_string_equal(list[1].id, ids[2]);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 1);
    assert_string_equal(list[0].id, ids[1]);
}

static void what_was_put_off_is_not_due_and_says_why(void **state)
{
    struct notification n;

    (void)state;
    add("e1");
    assert_true(take(LEASE_MS, &n));
    settle(&n, NOTIFICATION_PENDING, "user cannot be reached");
    assert_false(take(LEASE_MS, &n));
    assert_string_equal(stored(n.id).reason, "user cannot be reached");
    assert_int_equal(stored(n.id).attempts, 1);
    assert_null(stored(n.id).sent_at);
}

static void what_is_sent_or_failed_is_never_taken_again(void **state)
{
    struct notification n;

    (void)state;
    add("e1");
    add("e2");
    assert_true(take(LEASE_MS, &n));
    settle(&n, NOTIFICATION_SENT, "");
    assert_non_null(stored(n.id).sent_at);
    assert_true(take(LEASE_MS, &n));
    settle(&n, NOTIFICATION_FAILED, "there is no such user");
    assert_null(stored(n.id).sent_at);
    assert_false(take(LEASE_MS, &n));
}

static void what_is_given_back_is_as_it_was_and_due_at_once(void **state)
{
    struct notification *list;
    const char *ids[5];

    (void)state;
    add_due(five, ids, 5);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 5);
    give_back(list, 5);
    assert_int_equal(stored(ids[0]).attempts, 0);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(list[i].id, ids[i]);
    assert_int_equal(list[0].attempts, 1);
}

/* Each as it went: sent, put off, failed, given back. */
static void a_batch_is_written_back_row_by_row(void **state)
{
    static const int64_t delays_ms[] = {60000, 60000, 60000, 0, 0};
    struct notification *list;
    const char *ids[5];

    (void)state;
    add_due(five, ids, 5);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 5);
    list[0].state = NOTIFICATION_SENT;
    list[1].reason = "it's \"busy\", {really}";
    list[2].state = NOTIFICATION_FAILED;
    assert_int_equal(store_settle(ctx, list, delays_ms, 5).code, ERR_OK);
    assert_int_equal(stored(ids[0]).state, NOTIFICATION_SENT);
    assert_non_null(stored(ids[0]).sent_at);
    assert_int_equal(stored(ids[1]).state, NOTIFICATION_PENDING);
    assert_string_equal(stored(ids[1]).reason, "it's \"busy\", {really}");
    assert_int_equal(stored(ids[2]).state, NOTIFICATION_FAILED);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 2);
    assert_string_equal(list[0].id, ids[3]);
    assert_string_equal(list[1].id, ids[4]);
}

/* Less up to half: never due at once, and not all together. */
static void each_of_a_batch_is_put_off_by_a_chance_of_its_own(void **state)
{
    static const int64_t delays_ms[] = {1000000, 1000000, 1000000, 1000000, 1000000};
    struct notification *list;
    struct db_rows rows;
    const char *ids[5];

    (void)state;
    add_due(five, ids, 5);
    assert_int_equal(take_many(LEASE_MS, 5, &list), 5);
    assert_int_equal(store_settle(ctx, list, delays_ms, 5).code, ERR_OK);
    assert_int_equal(db_exec(ctx, &rows,
                             "SELECT count(DISTINCT due_at) FROM notifications"
                             " WHERE due_at BETWEEN now() + interval '400 s' AND"
                             "  now() + interval '1000 s'")
                         .code,
                     ERR_OK);
    assert_int_equal(db_int(&rows, 0, 0), 5);
}

/* The first worker was slow, its lease ended, and the second has it now. */
static void a_worker_that_lost_its_lease_changes_nothing_unless_it_has_sent(void **state)
{
    struct notification slow, fast;

    (void)state;
    add("e1");
    assert_true(take(1, &slow));
    wait_until(take(LEASE_MS, &fast));
    settle(&slow, NOTIFICATION_FAILED, "too late");
    assert_int_equal(stored(slow.id).state, NOTIFICATION_PENDING);
    assert_string_equal(stored(slow.id).reason, "");
    slow.state = NOTIFICATION_PENDING;
    give_back(&slow, 1);
    assert_int_equal(stored(slow.id).attempts, 2);
    assert_false(take(LEASE_MS, &slow)); /* the second still has it */
    settle(&slow, NOTIFICATION_SENT, "");
    assert_int_equal(stored(slow.id).state, NOTIFICATION_SENT);
    settle(&fast, NOTIFICATION_FAILED, "the second was refused");
    assert_int_equal(stored(slow.id).state, NOTIFICATION_SENT);
}

/* --- many at once --------------------------------------------------------------------- */

enum { RUNNERS = 4, MANY = 100, BATCH = 7 };

static pthread_barrier_t start;

/* -MANY: an error, or one that somebody else had. */
static intptr_t take_some(struct ctx *own)
{
    struct notification *list = NULL;
    size_t n = 0;
    struct err err;

    db_unit_begin(own, DB_WRITE);
    err = store_take(own, LEASE_MS, BATCH, &list, &n);
    if (!err.code)
        err = db_unit_commit(own);
    for (size_t i = 0; i < n; i++)
        if (list[i].attempts != 1)
            return -MANY;
    return err.code ? -MANY : (intptr_t)n;
}

static void *take_all(void *unused)
{
    struct ctx own = testing_ctx_patient(env);
    intptr_t taken = 0, some = 1;

    (void)unused;
    if (db_ping(&own).code)
        taken = -MANY;
    pthread_barrier_wait(&start);
    for (; some > 0; taken += some)
        some = take_some(&own);
    testing_ctx_close(&own);
    return (void *)taken;
}

static intptr_t run_all(void *runner(void *))
{
    pthread_t threads[RUNNERS];
    intptr_t sum = 0;

    pthread_barrier_init(&start, NULL, RUNNERS);
    for (int i = 0; i < RUNNERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, runner, NULL), 0);
    for (int i = 0; i < RUNNERS; i++) {
        void *result;

        pthread_join(threads[i], &result);
        sum += (intptr_t)result;
    }
    pthread_barrier_destroy(&start);
    return sum;
}

static void workers_share_what_is_due_and_take_nothing_twice(void **state)
{
    (void)state;
    for (int i = 0; i < MANY; i++)
        add(arena_printf(ctx->arena, "e%d", i));
    assert_int_equal(run_all(take_all), MANY);
}

static void *insert_at_once(void *unused)
{
    struct ctx own = testing_ctx_patient(env);
    struct notification n = new_one(&own, "same", ADA);
    struct err err = db_ping(&own);

    (void)unused;
    pthread_barrier_wait(&start);
    db_unit_begin(&own, DB_WRITE);
    if (!err.code)
        err = store_insert(&own, &n);
    if (!err.code)
        err = db_unit_commit(&own);
    testing_ctx_close(&own);
    return (void *)(intptr_t)(err.code ? 1 : 0);
}

static void one_event_read_by_many_at_once_is_stored_once(void **state)
{
    (void)state;
    assert_int_equal(run_all(insert_at_once), 0);
    assert_int_equal(count(), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_tables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_stored_is_found_by_its_recipient_only),
        TEST(an_event_is_stored_once_for_each_recipient),
        TEST(a_list_goes_from_the_newest_to_the_oldest_page_by_page),
        TEST(a_list_can_be_of_one_order),
        TEST(the_totals_count_each_kind_in_each_state),
        TEST(what_one_worker_has_in_hand_another_does_not_get),
        TEST(a_batch_is_what_has_been_due_for_longest_in_that_order),
        TEST(when_a_lease_is_over_another_worker_goes_on),
        TEST(what_came_back_from_a_dead_worker_is_taken_alone),
        TEST(what_came_back_is_not_taken_among_others),
        TEST(what_was_put_off_is_not_due_and_says_why),
        TEST(what_is_sent_or_failed_is_never_taken_again),
        TEST(what_is_given_back_is_as_it_was_and_due_at_once),
        TEST(a_batch_is_written_back_row_by_row),
        TEST(each_of_a_batch_is_put_off_by_a_chance_of_its_own),
        TEST(a_worker_that_lost_its_lease_changes_nothing_unless_it_has_sent),
        TEST(workers_share_what_is_due_and_take_nothing_twice),
        TEST(one_event_read_by_many_at_once_is_stored_once),
    };

    return cmocka_run_group_tests_name("notification store", tests, setup, teardown);
}
