/* test_breaker.c - the circuit breaker's states, walked through by tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "breaker.h"

/* One call at a time: 's' succeeds, 'f' fails, 'x' must be refused, '.' lets the
 * breaker's pause go by. */
static enum breaker_state walk(const char *calls)
{
    struct breaker b = {.state = BREAKER_CLOSED};
    int64_t now = 1000;

    for (; *calls; calls++, now++) {
        if (*calls == '.') {
            now += BREAKER_OPEN_MS;
            continue;
        }
        if (breaker_allow(&b, now) != (*calls != 'x'))
            fail_msg("the breaker is wrong about the call before \"%s\"", calls);
        if (*calls != 'x')
            breaker_record(&b, now, *calls == 'f');
    }
    return b.state;
}

static void states_follow_the_outcomes(void **state)
{
    static const struct {
        const char *calls;
        enum breaker_state then;
    } cases[] = {
        {"",                               BREAKER_CLOSED},
        {"fffffffff",                      BREAKER_CLOSED}, /* too few to judge */
        {"ffffffffffx",                    BREAKER_OPEN  },
        {"sfsfsfsfsfx",                    BREAKER_OPEN  }, /* half of ten */
        {"ssssssffff",                     BREAKER_CLOSED},
        {"ssssssssssssssssssssffffffffff", BREAKER_OPEN  }, /* of the last twenty, half */
        {"ssssssssssssssssssssfffffffff",  BREAKER_CLOSED},
        {"ffffffffffxxx.s",                BREAKER_CLOSED},
        {"ffffffffffx.fx",                 BREAKER_OPEN  },
        {"ffffffffff.fx.s",                BREAKER_CLOSED},
        {"ffffffffff.sfffffffff",          BREAKER_CLOSED}, /* a fresh window after closing */
        {"ffffffffff.sffffffffffx",        BREAKER_OPEN  },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (walk(cases[i].calls) != cases[i].then)
            fail_msg("\"%s\" ends in the wrong state", cases[i].calls);
}

static struct breaker opened(void)
{
    struct breaker b = {.state = BREAKER_CLOSED};

    for (int i = 0; i < BREAKER_MIN_CALLS; i++)
        breaker_record(&b, 0, true);
    assert_int_equal(b.state, BREAKER_OPEN);
    return b;
}

static void an_open_breaker_lets_one_call_through_after_its_pause(void **state)
{
    struct breaker b = opened();

    (void)state;
    assert_false(breaker_allow(&b, BREAKER_OPEN_MS - 1));
    assert_true(breaker_allow(&b, BREAKER_OPEN_MS));
    assert_int_equal(b.state, BREAKER_HALF_OPEN);
    assert_false(breaker_allow(&b, BREAKER_OPEN_MS));
    assert_false(breaker_allow(&b, INT64_C(100) * BREAKER_OPEN_MS));
}

static void a_failed_probe_starts_a_new_pause(void **state)
{
    struct breaker b = opened();

    (void)state;
    assert_true(breaker_allow(&b, BREAKER_OPEN_MS));
    breaker_record(&b, BREAKER_OPEN_MS + 500, true);
    assert_false(breaker_allow(&b, 2 * BREAKER_OPEN_MS + 499));
    assert_true(breaker_allow(&b, 2 * BREAKER_OPEN_MS + 500));
}

static void a_late_outcome_does_not_move_an_open_breaker(void **state)
{
    struct breaker b = opened();

    (void)state;
    breaker_record(&b, 10, false);
    breaker_record(&b, 20, true);
    assert_int_equal(b.state, BREAKER_OPEN);
    assert_true(breaker_allow(&b, BREAKER_OPEN_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_follow_the_outcomes),
        cmocka_unit_test(an_open_breaker_lets_one_call_through_after_its_pause),
        cmocka_unit_test(a_failed_probe_starts_a_new_pause),
        cmocka_unit_test(a_late_outcome_does_not_move_an_open_breaker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
