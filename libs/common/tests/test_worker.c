/* test_worker.c - workers: periods, wakes, failures, and units of work left open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "health.h"
#include "metrics.h"
#include "testing.h"
#include "worker.h"

enum { NEVER_MS = 3600 * 1000 };

static struct testing *env;

/* What a step is to do, and what it did. */
struct script {
    atomic_int steps;
    atomic_int more;  /* how often to ask for more */
    atomic_bool hold; /* stay in the step until this is false, */
    atomic_int go;    /* but for so many */
    atomic_bool inside;
    atomic_bool fail;
    atomic_bool insert; /* and leave the unit open */
    atomic_bool await;  /* wakes, within the step */
    atomic_int awaited;
    char traces[2][33]; /* of the first two steps */
};

static bool may_go(struct script *s)
{
    int n = s->go;

    return n > 0 && atomic_compare_exchange_strong(&s->go, &n, n - 1);
}

static struct err step(struct ctx *ctx, void *arg, bool *more)
{
    struct script *s = arg;
    struct db_rows rows;
    int n = atomic_fetch_add(&s->steps, 1);

    if (n < 2)
        memcpy(s->traces[n], ctx->trace.trace_id, sizeof(s->traces[n]));
    s->inside = true;
    if (s->insert) {
        struct err err;

        db_unit_begin(ctx, DB_WRITE);
        err = db_exec(ctx, &rows, "INSERT INTO item VALUES (1)");
        if (err.code)
            return err;
    }
    while (s->hold && !may_go(s))
        sched_yield();
    while (s->await && worker_await(NEVER_MS))
        s->awaited++;
    s->inside = false;
    *more = s->more > 0 && atomic_fetch_sub(&s->more, 1) > 0;
    if (s->fail)
        return err_new(ctx->arena, ERR_UNAVAILABLE, "out of order");
    return OK;
}

static struct worker *start_for(unsigned wake_on, const char *name, struct script *s,
                                int64_t period_ms)
{
    return worker_start(&(struct worker_options){
        .name = name,
        .step = step,
        .arg = s,
        .wake_on = wake_on,
        .period_ms = period_ms,
        .db = env->db,
    });
}

static struct worker *start(const char *name, struct script *s, int64_t period_ms)
{
    return start_for(WAKE_JOBS, name, s, period_ms);
}

static int setup(void **state)
{
    static const struct migration tables = {"0001_test", "CREATE TABLE item (id bigint)"};

    (void)state;
    env = testing_open(&tables, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    testing_close(env);
    return 0;
}

static bool ready(const char *check)
{
    struct arena *a = arena_new();
    bool all;
    const char *report = health_report(a, &all);
    bool ok = strstr(report, arena_printf(a, "\"%s\":\"ok\"", check)) != NULL;

    arena_free(a);
    return ok;
}

static long errors_of(const char *worker)
{
    struct arena *a = arena_new();
    const char *name = arena_printf(a, "waybill_worker_errors_total{worker=\"%s\"} ", worker);
    const char *line = strstr(metrics_text(a), name);
    long n;

    assert_non_null(line);
    n = strtol(line + strlen(name), NULL, 10);
    arena_free(a);
    return n;
}

static void a_worker_works_at_once_and_then_every_period(void **state)
{
    struct script s = {0};
    struct worker *w = start("periodic", &s, 20);

    (void)state;
    wait_until(s.steps >= 3);
    worker_stop(w);
    assert_int_equal(s.traces[0][32], '\0');
    assert_string_not_equal(s.traces[0], s.traces[1]);
}

static void a_wake_does_not_wait_for_the_period(void **state)
{
    struct script s = {0};
    struct worker *w = start("woken", &s, NEVER_MS);

    (void)state;
    wait_until(s.steps == 1);
    worker_wake(WAKE_JOBS | WAKE_BUS_RELAY);
    wait_until(s.steps == 2);
    worker_stop(w);
    assert_int_equal(s.steps, 2);
}

static void a_wake_is_for_those_who_asked_for_it(void **state)
{
    enum { WAKES = 20 };
    struct script mine = {0}, others = {0};
    struct worker *a = start("asked", &mine, NEVER_MS);
    struct worker *b = start_for(WAKE_BUS_RELAY, "not asked", &others, NEVER_MS);

    (void)state;
    wait_until(mine.steps == 1 && others.steps == 1);
    for (int i = 2; i <= WAKES; i++) {
        worker_wake(WAKE_BUS_RELAY | WAKE_STREAM_RELAY);
        wait_until(others.steps == i);
    }
    assert_int_equal(mine.steps, 1);
    worker_stop(a);
    worker_stop(b);
}

static void a_wake_during_a_step_brings_another_step(void **state)
{
    struct script s = {.hold = true};
    struct worker *w = start("busy", &s, NEVER_MS);

    (void)state;
    wait_until(s.inside);
    worker_wake(WAKE_JOBS);
    worker_wake(WAKE_JOBS);
    s.hold = false;
    wait_until(s.steps == 2);
    worker_stop(w);
    assert_int_equal(s.steps, 2); /* two wakes, one step: it finds all there is */
}

static void a_step_that_leaves_work_is_repeated_at_once(void **state)
{
    struct script s = {.more = 4};
    struct worker *w = start("piecemeal", &s, NEVER_MS);

    (void)state;
    wait_until(s.steps == 5);
    worker_stop(w);
    assert_int_equal(s.steps, 5);
}

static void stopping_finishes_the_step_in_hand(void **state)
{
    struct script s = {.hold = true, .more = 1000000};
    struct worker *w = start("stopped", &s, NEVER_MS);

    (void)state;
    wait_until(s.inside);
    s.hold = false;
    worker_stop(w);
    assert_false(s.inside);
    worker_stop(NULL);
}

static struct worker *start_lingering(struct script *s, int64_t linger_ms)
{
    return worker_start(&(struct worker_options){
        .name = "lingering",
        .step = step,
        .arg = s,
        .wake_on = WAKE_JOBS,
        .period_ms = NEVER_MS,
        .linger_ms = linger_ms,
        .db = env->db,
    });
}

static void a_worker_that_lingers_lets_more_come_before_its_step(void **state)
{
    enum { LINGER_MS = 300 };
    struct script s = {0};
    struct worker *w = start_lingering(&s, LINGER_MS);
    int64_t since;

    (void)state;
    wait_until(s.steps == 1);
    since = clock_mono_ms();
    worker_wake(WAKE_JOBS);
    wait_until(s.steps == 2);
    assert_true(clock_mono_ms() - since >= LINGER_MS);
    worker_stop(w);
}

static void a_stop_does_not_linger(void **state)
{
    struct script s = {0};
    struct worker *w = start_lingering(&s, NEVER_MS);

    (void)state;
    wait_until(s.steps == 1);
    worker_wake(WAKE_JOBS);
    worker_stop(w);
    assert_int_equal(s.steps, 1);
}

static void a_step_may_await_the_next_wake_or_the_stop(void **state)
{
    struct script s = {.await = true};
    struct worker *w = start("awaiting wakes", &s, NEVER_MS);

    (void)state;
    wait_until(s.inside);
    for (int i = 1; i <= 3; i++) {
        worker_wake(WAKE_JOBS);
        wait_until(s.awaited == i);
    }
    worker_stop(w);
    assert_int_equal(s.steps, 1);
    assert_false(worker_await(NEVER_MS)); /* nobody's step: at once */
}

static void each_kind_of_worker_that_asked_is_woken(void **state)
{
    struct script a = {0}, b = {0};
    struct worker *first = start("pair", &a, NEVER_MS), *second = start("pair", &b, NEVER_MS);

    (void)state;
    wait_until(a.steps == 1 && b.steps == 1);
    worker_wake(WAKE_JOBS);
    wait_until(a.steps == 2 && b.steps == 2);
    worker_stop(first);
    worker_wake(WAKE_JOBS);
    wait_until(b.steps == 3);
    worker_stop(second);
    worker_wake(WAKE_JOBS); /* nobody: no harm */
}

static void of_several_with_the_same_work_one_is_woken_at_a_time(void **state)
{
    enum { SEVERAL = 3 };
    struct script s = {0};
    struct worker *workers[SEVERAL];

    (void)state;
    for (int i = 0; i < SEVERAL; i++)
        workers[i] = start("several", &s, NEVER_MS);
    wait_until(s.steps == SEVERAL);
    s.hold = true;
    for (int i = 1; i <= SEVERAL; i++) { /* each stays in its step, so another is next */
        worker_wake(WAKE_JOBS);
        wait_until(s.steps == SEVERAL + i);
    }
    worker_wake(WAKE_JOBS); /* all are busy: one looks once more */
    s.hold = false;
    wait_until(s.steps == 2 * SEVERAL + 1);
    for (int i = 0; i < SEVERAL; i++)
        worker_stop(workers[i]);
    assert_int_equal(s.steps, 2 * SEVERAL + 1);
}

static void when_all_are_busy_whoever_is_done_first_looks_once_more(void **state)
{
    enum { SEVERAL = 3, ROUNDS = 6 };
    struct script s = {.hold = true};
    struct worker *workers[SEVERAL];

    (void)state;
    for (int i = 0; i < SEVERAL; i++)
        workers[i] = start("busy", &s, NEVER_MS);
    wait_until(s.steps == SEVERAL);
    for (int i = 1; i <= ROUNDS; i++) {
        worker_wake(WAKE_JOBS);
        s.go = 1;
        wait_until(s.steps == SEVERAL + i);
    }
    s.hold = false;
    for (int i = 0; i < SEVERAL; i++)
        worker_stop(workers[i]);
    assert_int_equal(s.steps, SEVERAL + ROUNDS);
}

static void a_failing_worker_is_unready_counted_and_backs_off(void **state)
{
    struct script s = {.fail = true};
    int64_t since = clock_mono_ms(); /* before the first step, which may be over at once */
    struct worker *w = start("failing", &s, 100);

    (void)state;
    wait_until(s.steps >= 3);
    /* One period, then two, each less at most its half. */
    assert_true(clock_mono_ms() - since >= 50 + 100);
    wait_until(errors_of("failing") >= 3);
    assert_false(ready("failing"));
    s.fail = false;
    wait_until(ready("failing"));
    worker_stop(w);
}

static void wakes_do_not_make_a_failing_worker_hammer(void **state)
{
    struct script s = {.fail = true};
    struct worker *w = start("hammered", &s, 20000);
    int64_t since;

    (void)state;
    wait_until(errors_of("hammered") == 1);
    since = clock_mono_ms();
    wait_until((worker_wake(WAKE_JOBS), clock_mono_ms() - since >= 200));
    assert_int_equal(s.steps, 1);
    worker_stop(w);
    assert_true(clock_mono_ms() - since < 9000); /* the pause is 10 s at least */
}

static int64_t number(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec_params(&env->ctx, &rows, sql, NULL, 0).code, ERR_OK);
    return db_int(&rows, 0, 0);
}

static void a_unit_that_a_step_left_open_is_rolled_back(void **state)
{
    struct script s = {.insert = true};
    struct worker *w = start("careless", &s, NEVER_MS);

    (void)state;
    wait_until(ready("careless"));
    assert_int_equal(s.steps, 1);
    assert_int_equal(number("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in%'"
                            " AND datname = current_database()"),
                     0);
    worker_stop(w);
    assert_int_equal(number("SELECT count(*) FROM item"), 0);
}

static void a_commit_wakes_those_that_wait_for_it_and_a_rollback_does_not(void **state)
{
    struct script s = {0};
    struct worker *w = start("awaiting", &s, NEVER_MS);
    struct db_rows rows;

    (void)state;
    wait_until(s.steps == 1);
    db_unit_begin(&env->ctx, DB_WRITE);
    env->ctx.wakes = WAKE_JOBS;
    db_unit_rollback(&env->ctx);

    db_unit_begin(&env->ctx, DB_WRITE);
    assert_int_equal(db_exec(&env->ctx, &rows, "INSERT INTO item VALUES (1)").code, ERR_OK);
    env->ctx.wakes = WAKE_JOBS;
    assert_int_equal(db_unit_commit(&env->ctx).code, ERR_OK);
    assert_int_equal(env->ctx.wakes, 0);
    wait_until(s.steps == 2);
    worker_stop(w);
    assert_int_equal(s.steps, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_works_at_once_and_then_every_period),
        cmocka_unit_test(a_wake_does_not_wait_for_the_period),
        cmocka_unit_test(a_wake_is_for_those_who_asked_for_it),
        cmocka_unit_test(a_wake_during_a_step_brings_another_step),
        cmocka_unit_test(a_step_that_leaves_work_is_repeated_at_once),
        cmocka_unit_test(stopping_finishes_the_step_in_hand),
        cmocka_unit_test(a_worker_that_lingers_lets_more_come_before_its_step),
        cmocka_unit_test(a_stop_does_not_linger),
        cmocka_unit_test(a_step_may_await_the_next_wake_or_the_stop),
        cmocka_unit_test(each_kind_of_worker_that_asked_is_woken),
        cmocka_unit_test(of_several_with_the_same_work_one_is_woken_at_a_time),
        cmocka_unit_test(when_all_are_busy_whoever_is_done_first_looks_once_more),
        cmocka_unit_test(a_failing_worker_is_unready_counted_and_backs_off),
        cmocka_unit_test(wakes_do_not_make_a_failing_worker_hammer),
        cmocka_unit_test(a_unit_that_a_step_left_open_is_rolled_back),
        cmocka_unit_test(a_commit_wakes_those_that_wait_for_it_and_a_rollback_does_not),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
