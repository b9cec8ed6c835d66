/* test_figures.c - the lines that bench/report reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figures.h"
#include "histogram.h"

static char path[] = "/tmp/waybill-figures-XXXXXX";

static int new_file(void **state)
{
    int fd;

    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    fd = mkstemp(path);
    close(fd);
    setenv("BENCH_OUT", path, 1);
    unsetenv("BENCH_SUFFIX");
    return fd < 0 ? -1 : 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void the_file_must_hold(const char *expected)
{
    char text[4096];
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, expected);
}

static void runs_of_a_figure_are_told_together(void **state)
{
    (void)state;
    figure_add(MORE_IS_BETTER, "reads/s", 1200.5, "reads.%s", "order");
    figure_add(LESS_IS_BETTER, "ms", 3, "other");
    figure_add(MORE_IS_BETTER, "reads/s", 1300, "reads.order");
    figures_tell();
    the_file_must_hold("{\"name\":\"reads.order\",\"unit\":\"reads/"
                       "s\",\"better\":\"more\",\"runs\":[1200.5,1300]}\n"
                       "{\"name\":\"other\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[3]}\n");
}

static void what_was_told_is_not_told_again(void **state)
{
    (void)state;
    figure_add(LESS_IS_BETTER, "ms", 1, "a");
    figures_tell();
    figures_tell();
    the_file_must_hold("{\"name\":\"a\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[1]}\n");
}

static void the_suffix_ends_each_name(void **state)
{
    const double points[] = {50, 3.25};

    (void)state;
    setenv("BENCH_SUFFIX", ".1m", 1);
    figure_add(LESS_IS_BETTER, "ms", 1, "a");
    figures_tell();
    points_tell("b", "ms", points, 1, 2);
    the_file_must_hold("{\"name\":\"a.1m\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[1]}\n"
                       "{\"name\":\"b.1m\",\"unit\":\"ms\",\"points\":[[50,3.25]]}\n");
}

static void points_have_their_width(void **state)
{
    const double points[] = {50, 3, 7, 200, 4, 9};

    (void)state;
    points_tell("sagas.load", "ms", points, 2, 3);
    the_file_must_hold(
        "{\"name\":\"sagas.load\",\"unit\":\"ms\",\"points\":[[50,3,7],[200,4,9]]}\n");
}

static void percentiles_are_figures_in_milliseconds(void **state)
{
    struct histogram *h = calloc(1, sizeof(*h));

    (void)state;
    histogram_add(h, 128000000);
    figure_add_percentiles("x", h);
    figures_tell();
    the_file_must_hold(
        "{\"name\":\"x.p50\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[128]}\n"
        "{\"name\":\"x.p99\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[128]}\n"
        "{\"name\":\"x.p999\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[128]}\n");
    free(h);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, new_file, remove_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(runs_of_a_figure_are_told_together),
        TEST(what_was_told_is_not_told_again),
        TEST(the_suffix_ends_each_name),
        TEST(points_have_their_width),
        TEST(percentiles_are_figures_in_milliseconds),
    };

    return cmocka_run_group_tests_name("figures", tests, NULL, NULL);
}
