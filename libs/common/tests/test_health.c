/* test_health.c - the answer of /readyz. Checks are never removed, so the tests build on one
 * another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <pthread.h>

#include "arena.h"
#include "clock.h"
#include "health.h"

static void assert_report(const char *expected, bool expected_ready)
{
    struct arena *a = arena_new();
    bool ready = !expected_ready;

    assert_string_equal(health_report(a, &ready), expected);
    assert_true(ready == expected_ready);
    arena_free(a);
}

static void without_checks_a_process_is_ready(void **state)
{
    (void)state;
    assert_report("{\"status\":\"ready\",\"checks\":{}}", true);
}

static void assert_checks(const char *checks, bool expected_ready)
{
    struct arena *a = arena_new();

    assert_report(arena_printf(a, "{\"status\":\"%s\",\"checks\":{%s}}",
                               expected_ready ? "ready" : "unready", checks),
                  expected_ready);
    arena_free(a);
}

/* The clock stands still, and moves when a test says so. */
static int64_t now_ms = 1000000;

static void later(int64_t ms)
{
    now_ms += ms;
    clock_freeze(now_ms);
}

static struct health_check *database(void)
{
    return health_check("database", HEALTH_NEEDED);
}

static struct health_check *broker(void)
{
    return health_check("broker", HEALTH_TOLD);
}

static void a_new_check_fails_until_it_passes_and_then_counts_at_once(void **state)
{
    struct health_check *db = database();

    (void)state;
    assert_checks("\"database\":\"failing\"", false);
    health_set(db, false);
    assert_checks("\"database\":\"failing\"", false);
    health_set(db, true);
    assert_checks("\"database\":\"ok\"", true);
}

static void the_same_name_gives_the_same_check(void **state)
{
    (void)state;
    assert_ptr_equal(database(), database());
    assert_ptr_equal(database(), health_check("database", HEALTH_TOLD));
}

static void a_check_that_is_only_told_counts_until_it_has_passed_once(void **state)
{
    struct health_check *b = broker();

    (void)state;
    assert_checks("\"database\":\"ok\",\"broker\":\"failing\"", false);
    later(1000 * HEALTH_HOLD_MS);
    assert_checks("\"database\":\"ok\",\"broker\":\"failing\"", false);
    health_set(b, true);
    assert_checks("\"database\":\"ok\",\"broker\":\"ok\"", true);
    health_set(b, false);
    later(HEALTH_HOLD_MS);
    assert_checks("\"database\":\"ok\",\"broker\":\"failing\"", true);
    health_set(b, true);
    later(HEALTH_HOLD_MS);
}

static void what_is_needed_and_stays_away_turns_readiness_off(void **state)
{
    (void)state;
    health_set(database(), false);
    later(HEALTH_HOLD_MS - 1);
    assert_checks("\"database\":\"faltering\",\"broker\":\"ok\"", true);
    later(1);
    assert_checks("\"database\":\"failing\",\"broker\":\"ok\"", false);
}

static void what_comes_back_must_stay_before_it_is_believed(void **state)
{
    (void)state;
    health_set(database(), true);
    later(HEALTH_HOLD_MS - 1);
    assert_checks("\"database\":\"recovering\",\"broker\":\"ok\"", false);
    later(1);
    assert_checks("\"database\":\"ok\",\"broker\":\"ok\"", true);
}

/* Each in turn for less than it takes, looked at in every moment. */
static int verdicts_while_it_blinks(int blinks)
{
    struct arena *a = arena_new();
    bool before, ready;
    int changes = 0;

    health_report(a, &before);
    for (int i = 0; i < 2 * blinks; i++) {
        health_set(database(), i % 2);
        for (int ms = 100; ms < HEALTH_HOLD_MS; ms += 100) {
            later(100);
            health_report(a, &ready);
            changes += ready != before;
            before = ready;
        }
    }
    arena_free(a);
    return changes;
}

static void many_short_blips_change_nothing(void **state)
{
    (void)state;
    assert_int_equal(verdicts_while_it_blinks(10), 0);
    health_set(database(), false);
    later(HEALTH_HOLD_MS);
    assert_checks("\"database\":\"failing\",\"broker\":\"ok\"", false);
    assert_int_equal(verdicts_while_it_blinks(10), 0); /* nor do short recoveries */
    health_set(database(), true);
    later(HEALTH_HOLD_MS);
}

static void news_that_lasted_counts_although_nobody_looked_meanwhile(void **state)
{
    (void)state;
    health_set(database(), false);
    later(HEALTH_HOLD_MS);
    health_set(database(), true);
    assert_checks("\"database\":\"recovering\",\"broker\":\"ok\"", false);
    later(HEALTH_HOLD_MS);
    assert_checks("\"database\":\"ok\",\"broker\":\"ok\"", true);
}

static void what_is_missing_has_a_name(void **state)
{
    struct arena *a = arena_new();
    const char *missing = NULL;

    (void)state;
    assert_true(health_ready(a, &missing));
    assert_string_equal(missing, "");
    health_check("stream", HEALTH_TOLD);
    health_set(database(), false);
    later(HEALTH_HOLD_MS);
    assert_false(health_ready(a, &missing));
    assert_string_equal(missing, "database, stream");
    health_set(health_check("stream", HEALTH_TOLD), true);
    health_set(database(), true);
    later(HEALTH_HOLD_MS);
    arena_free(a);
}

static void while_draining_it_is_not_ready_whatever_the_checks_say(void **state)
{
    static const char all[] = "\"database\":\"ok\",\"broker\":\"ok\",\"stream\":\"ok\"";

    (void)state;
    health_set_serving(false);
    assert_checks(all, false);
    health_set_serving(true);
    assert_checks(all, true);
}

static void *flip(void *name)
{
    struct health_check *c = health_check(name, HEALTH_TOLD);

    for (int i = 0; i < 2000; i++) {
        struct arena *a = arena_new();
        bool ready;

        health_set(c, i % 2);
        health_report(a, &ready);
        arena_free(a);
    }
    return NULL;
}

static void threads_may_set_and_ask_at_once(void **state)
{
    static char names[4][2] = {"a", "b", "a", "b"};
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, flip, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    health_set(health_check("a", HEALTH_TOLD), true);
    health_set(health_check("b", HEALTH_TOLD), true);
    later(HEALTH_HOLD_MS);
    {
        struct arena *a = arena_new();
        bool ready = false;

        health_report(a, &ready);
        assert_true(ready);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_checks_a_process_is_ready),
        cmocka_unit_test(a_new_check_fails_until_it_passes_and_then_counts_at_once),
        cmocka_unit_test(the_same_name_gives_the_same_check),
        cmocka_unit_test(a_check_that_is_only_told_counts_until_it_has_passed_once),
        cmocka_unit_test(what_is_needed_and_stays_away_turns_readiness_off),
        cmocka_unit_test(what_comes_back_must_stay_before_it_is_believed),
        cmocka_unit_test(many_short_blips_change_nothing),
        cmocka_unit_test(news_that_lasted_counts_although_nobody_looked_meanwhile),
        cmocka_unit_test(what_is_missing_has_a_name),
        cmocka_unit_test(while_draining_it_is_not_ready_whatever_the_checks_say),
        cmocka_unit_test(threads_may_set_and_ask_at_once),
    };

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
