/* test_replicas.c - which instance is asked, walked through by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "replicas.h"

/* One call after the other: '1' to '9' is the instance that must be asked, and it answers;
 * after an 'x' the next one asked fails; '.' lets the time of avoidance go by. */
static void walk(const char *urls, const char *calls)
{
    struct replicas r;
    int64_t now = 1000;
    bool fails = false;

    replicas_init(&r, urls);
    for (const char *c = calls; *c; c++, now++) {
        struct replica *one;

        if (*c == 'x' || *c == '.') {
            fails |= *c == 'x';
            now += *c == '.' ? REPLICA_AVOID_MS : 0;
            continue;
        }
        one = replicas_choose(&r, now);
        if (one != &r.list[*c - '1'])
            fail_msg("%s is asked before \"%s\" of \"%s\"", one->url, c, calls);
        replicas_record(one, now, fails);
        fails = false;
    }
    replicas_free(&r);
}

static void instances_are_asked_in_turn_and_not_those_that_failed_lately(void **state)
{
    static const struct {
        const char *urls, *calls;
    } cases[] = {
        {"a",     "111x11x1.1" },
        {"a,b",   "121212"     },
        {"a,b,c", "1231"       },
        {"a,b",   "x1222.1212" }, /* back after a while */
        {"a,b",   "x122.x122.1"}, /* one call has found out that it is not */
        {"a,b,c", "1x23131.2"  },
        {"a,b",   "x1x2x1x2x1" }, /* none is better than another */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        walk(cases[i].urls, cases[i].calls);
}

static void of_calls_at_the_same_time_one_finds_out_whether_an_instance_is_back(void **state)
{
    struct replicas r;
    struct replica *first;

    (void)state;
    replicas_init(&r, "a,b");
    first = replicas_choose(&r, 1000);
    replicas_record(first, 1000, true);
    assert_ptr_equal(replicas_choose(&r, 1000 + REPLICA_AVOID_MS - 1), &r.list[1]);
    assert_ptr_equal(replicas_choose(&r, 1000 + REPLICA_AVOID_MS), first);
    for (int i = 0; i < 5; i++) /* it has not answered yet */
        assert_ptr_equal(replicas_choose(&r, 1001 + REPLICA_AVOID_MS), &r.list[1]);
    replicas_record(first, 1002 + REPLICA_AVOID_MS, false);
    assert_ptr_equal(replicas_choose(&r, 1003 + REPLICA_AVOID_MS), first);
    replicas_free(&r);
}

static void urls_are_told_apart_at_commas(void **state)
{
    struct replicas r;

    (void)state;
    replicas_init(&r, "http://one:1,http://two:2");
    assert_int_equal(r.n, 2);
    assert_string_equal(r.list[0].url, "http://one:1");
    assert_string_equal(r.list[1].url, "http://two:2");
    replicas_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_are_asked_in_turn_and_not_those_that_failed_lately),
        cmocka_unit_test(of_calls_at_the_same_time_one_finds_out_whether_an_instance_is_back),
        cmocka_unit_test(urls_are_told_apart_at_commas),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
