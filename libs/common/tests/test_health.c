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

static void a_new_check_fails_until_it_passes(void **state)
{
    struct health_check *db = health_check("database");

    (void)state;
    assert_report("{\"status\":\"unready\",\"checks\":{\"database\":\"failing\"}}", false);
    health_set(db, true);
    assert_report("{\"status\":\"ready\",\"checks\":{\"database\":\"ok\"}}", true);
}

static void the_same_name_gives_the_same_check(void **state)
{
    (void)state;
    assert_ptr_equal(health_check("database"), health_check("database"));
}

static void one_failing_check_is_enough(void **state)
{
    struct health_check *broker = health_check("broker");

    (void)state;
    assert_report(
        "{\"status\":\"unready\",\"checks\":{\"database\":\"ok\",\"broker\":\"failing\"}}", false);
    health_set(broker, true);
    health_set(health_check("database"), false);
    assert_report(
        "{\"status\":\"unready\",\"checks\":{\"database\":\"failing\",\"broker\":\"ok\"}}", false);
    health_set(health_check("database"), true);
}

static void while_draining_it_is_not_ready_whatever_the_checks_say(void **state)
{
    (void)state;
    health_set_serving(false);
    assert_report("{\"status\":\"unready\",\"checks\":{\"database\":\"ok\",\"broker\":\"ok\"}}",
                  false);
    health_set_serving(true);
    assert_report("{\"status\":\"ready\",\"checks\":{\"database\":\"ok\",\"broker\":\"ok\"}}",
                  true);
}

static void *flip(void *name)
{
    struct health_check *c = health_check(name);

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
    health_set(health_check("a"), true);
    health_set(health_check("b"), true);
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
        cmocka_unit_test(a_new_check_fails_until_it_passes),
        cmocka_unit_test(the_same_name_gives_the_same_check),
        cmocka_unit_test(one_failing_check_is_enough),
        cmocka_unit_test(while_draining_it_is_not_ready_whatever_the_checks_say),
        cmocka_unit_test(threads_may_set_and_ask_at_once),
    };

    return cmocka_run_group_tests_name("health", tests, NULL, NULL);
}
