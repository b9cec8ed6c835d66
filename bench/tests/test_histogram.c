/* test_histogram.c - what buckets lose, and what they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "histogram.h"

static int add_some(void **state)
{
    *state = calloc(1, sizeof(struct histogram));
    return *state ? 0 : -1;
}

static int clear(void **state)
{
    free(*state);
    return 0;
}

static void nothing_takes_no_time(void **state)
{
    assert_int_equal(histogram_at(*state, 0.99), 0);
}

static void any_duration_is_told_within_a_128th_and_never_too_low(void **state)
{
    for (int64_t ns = 1; ns < INT64_C(4000000000000); ns += ns / 3 + 1) {
        struct histogram *h = *state;

        *h = (struct histogram){.n = 0};
        histogram_add(h, ns);
        histogram_add(h, INT64_C(1) << 41);
        assert_true(histogram_at(h, 0.5) >= ns || ns > INT64_C(1) << 41);
        assert_true(histogram_at(h, 0.5) <= ns + ns / 128);
    }
}

static void a_fraction_is_that_part_of_all(void **state)
{
    for (int64_t i = 1; i <= 1000; i++)
        histogram_add(*state, i * 1000000);
    assert_in_range(histogram_at(*state, 0.5), 500000000, 504000000);
    assert_in_range(histogram_at(*state, 0.99), 990000000, 998000000);
    assert_int_equal(histogram_at(*state, 1), 1000000000);
}

static void the_longest_is_exact(void **state)
{
    histogram_add(*state, 1234567891);
    histogram_add(*state, 5);
    assert_int_equal(((struct histogram *)*state)->max, 1234567891);
    assert_int_equal(histogram_at(*state, 1), 1234567891);
}

static void what_cannot_be_is_put_at_the_ends(void **state)
{
    histogram_add(*state, -7);
    histogram_add(*state, INT64_MAX);
    assert_int_equal(histogram_at(*state, 0.5), 0);
    assert_int_equal(((struct histogram *)*state)->n, 2);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, add_some, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_takes_no_time),
        TEST(any_duration_is_told_within_a_128th_and_never_too_low),
        TEST(a_fraction_is_that_part_of_all),
        TEST(the_longest_is_exact),
        TEST(what_cannot_be_is_put_at_the_ends),
    };

    return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
