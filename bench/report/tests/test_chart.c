/* test_chart.c - scales, and that a picture is well-formed whatever it shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "chart.h"

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static void a_linear_scale_begins_at_zero_and_ends_round(void **state)
{
    const double values[] = {50, 200, 1430};
    const struct scale s = scale_around(SCALE_LINEAR, values, 3);
    struct tick ticks[SCALE_TICKS];
    const size_t n = scale_ticks(&s, ticks);

    (void)state;
    assert_true(near(s.least, 0) && near(s.most, 1500));
    assert_true(near(scale_place(&s, 750), 0.5));
    assert_string_equal(ticks[0].label, "0");
    assert_string_equal(ticks[n - 1].label, "1500");
}

static void a_log_scale_holds_all_values_between_1_2_5_steps(void **state)
{
    const double values[] = {3.1, 7.9, 312};
    const struct scale s = scale_around(SCALE_LOG, values, 3);
    struct tick ticks[SCALE_TICKS];
    const size_t n = scale_ticks(&s, ticks);

    (void)state;
    assert_true(near(s.least, 2) && near(s.most, 500));
    assert_string_equal(ticks[0].label, "2");
    assert_string_equal(ticks[n - 1].label, "500");
    assert_true(scale_place(&s, 31) - scale_place(&s, 3.1) > 0.1);
}

static void nines_are_evenly_far_apart(void **state)
{
    const double values[] = {0, 0.5, 0.9992, 1};
    const struct scale s = scale_around(SCALE_NINES, values, 4);

    (void)state;
    assert_true(near(scale_place(&s, 0.9), 0.25));
    assert_true(near(scale_place(&s, 0.99), 0.5));
    assert_true(near(scale_place(&s, 1), 1)); /* all of them: at the end */
}

static void values_that_a_scale_cannot_show_do_not_spoil_it(void **state)
{
    const double values[] = {0, -1, NAN, INFINITY, 10};
    const struct scale s = scale_around(SCALE_LOG, values, 5);
    const struct scale none = scale_around(SCALE_LOG, values, 1);

    (void)state;
    assert_true(s.least > 0 && s.most >= 10 && isfinite(s.most));
    assert_true(none.least > 0 && none.most > none.least);
    assert_true(near(scale_place(&s, 0), 0));
}

static size_t count(const char *text, const char *word)
{
    size_t n = 0;

    for (text = strstr(text, word); text; text = strstr(text + 1, word))
        n++;
    return n;
}

static char *drawn(const struct chart *c)
{
    char path[] = "/tmp/waybill-chart-XXXXXX", *text = calloc(1, 65536);
    const int fd = mkstemp(path);
    struct arena *a = arena_new();

    assert_true(fd >= 0);
    assert_int_equal(chart_draw(a, c, path).code, ERR_OK);
    assert_true(read(fd, text, 65535) > 0);
    close(fd);
    unlink(path);
    arena_free(a);
    return text;
}

static void a_chart_has_its_labels_lines_and_both_sets_of_colours(void **state)
{
    const struct svg_point points[] = {
        {50,  3},
        {200, 9}
    };
    const struct chart c = {
        .title = "Time & load",
        .x = {"rate",             SCALE_LINEAR            },
        .y = {"milliseconds",     SCALE_LOG               },
        .series = {{"p50", points, 2}, {"p99 < all", points, 2}},
        .nseries = 2,
    };
    char *text = drawn(&c);

    (void)state;
    assert_non_null(strstr(text, "Time &amp; load"));
    assert_non_null(strstr(text, ">p99 &lt; all<"));
    assert_non_null(strstr(text, ">milliseconds<"));
    assert_non_null(strstr(text, "prefers-color-scheme:dark"));
    assert_int_equal(count(text, "<path"), 4); /* each line, and its swatch in the legend */
    assert_int_equal(count(text, "<circle"), 4);
    assert_int_equal(count(text, "nan"), 0);
    assert_int_equal(count(text, "inf"), 0);
    assert_int_equal(strcmp(text + strlen(text) - 7, "</svg>\n"), 0);
    free(text);
}

static void one_point_alone_is_a_chart(void **state)
{
    const struct svg_point points[] = {
        {0, 0}
    };
    const struct chart c = {
        .title = "One",
        .x = {"x",        SCALE_NINES},
        .y = {"y",          SCALE_LOG},
        .series = {{"one", points, 1}},
        .nseries = 1,
    };
    char *text = drawn(&c);

    (void)state;
    assert_int_equal(count(text, "nan"), 0);
    assert_int_equal(count(text, "inf"), 0);
    free(text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_linear_scale_begins_at_zero_and_ends_round),
        cmocka_unit_test(a_log_scale_holds_all_values_between_1_2_5_steps),
        cmocka_unit_test(nines_are_evenly_far_apart),
        cmocka_unit_test(values_that_a_scale_cannot_show_do_not_spoil_it),
        cmocka_unit_test(a_chart_has_its_labels_lines_and_both_sets_of_colours),
        cmocka_unit_test(one_point_alone_is_a_chart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
