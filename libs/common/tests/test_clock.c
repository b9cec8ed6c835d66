/* test_clock.c - RFC 3339 and a clock that stands still. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "arena.h"
#include "clock.h"

static void times_are_printed_in_utc_with_milliseconds(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0,               "1970-01-01T00:00:00.000Z"},
        {1,               "1970-01-01T00:00:00.001Z"},
        {-1,              "1969-12-31T23:59:59.999Z"},
        {951782400000,    "2000-02-29T00:00:00.000Z"},
        {1795173300123,   "2026-11-20T11:15:00.123Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    struct arena *a = arena_new();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(clock_rfc3339(a, cases[i].ms), cases[i].text);
    arena_free(a);
}

static void a_frozen_clock_stands_until_it_is_let_go(void **state)
{
    const int64_t before = clock_now_ms(), mono = clock_mono_ms();

    (void)state;
    clock_freeze(1795173300123);
    assert_int_equal(clock_now_ms(), 1795173300123);
    assert_int_equal(clock_mono_ms(), 1795173300123);
    clock_freeze(0);
    assert_in_range(clock_now_ms(), before, before + 60000);
    assert_in_range(clock_mono_ms(), mono, mono + 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_printed_in_utc_with_milliseconds),
        cmocka_unit_test(a_frozen_clock_stands_until_it_is_let_go),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
