/* test_compare.c - planted changes: what counts as a regression and what as noise; and the
 * program's exit status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"

static const char *program; /* compare, built beside this test's folder */

static struct figure of(enum better better, const double runs[], size_t n)
{
    return (struct figure){.name = "f", .unit = "", .better = better, .spread = spread_of(runs, n)};
}

#define RUNS(...) (const double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double)

static enum change more(const double a[], size_t na, const double b[], size_t nb)
{
    const struct figure before = of(BETTER_MORE, a, na), after = of(BETTER_MORE, b, nb);

    return judge_change(&before, &after);
}

static enum change less(const double a[], size_t na, const double b[], size_t nb)
{
    const struct figure before = of(BETTER_LESS, a, na), after = of(BETTER_LESS, b, nb);

    return judge_change(&before, &after);
}

static void runs_that_overlap_are_noise_however_far_apart_the_medians(void **state)
{
    (void)state;
    assert_int_equal(more(RUNS(100, 100, 50), RUNS(49, 50, 101)), CHANGE_NONE);
}

static void a_small_step_is_noise_however_steady_the_runs(void **state)
{
    (void)state;
    assert_int_equal(more(RUNS(100, 100, 100), RUNS(92, 92, 92)), CHANGE_NONE);
}

static void a_large_step_without_overlap_counts_both_ways(void **state)
{
    (void)state;
    assert_int_equal(more(RUNS(100, 101, 99), RUNS(80, 81, 82)), CHANGE_WORSE);
    assert_int_equal(more(RUNS(80, 81, 82), RUNS(100, 101, 99)), CHANGE_BETTER);
    assert_int_equal(less(RUNS(100, 101, 99), RUNS(80, 81, 82)), CHANGE_BETTER);
    assert_int_equal(less(RUNS(80, 81, 82), RUNS(100, 101, 99)), CHANGE_WORSE);
}

static void a_figure_with_few_runs_needs_a_larger_step(void **state)
{
    (void)state;
    assert_int_equal(more(RUNS(100), RUNS(80)), CHANGE_NONE);
    assert_int_equal(more(RUNS(100), RUNS(70)), CHANGE_WORSE);
    assert_int_equal(more(RUNS(100, 101, 102), RUNS(80, 81)), CHANGE_NONE);
}

static void twice_and_half_are_the_same_step(void **state)
{
    (void)state;
    assert_int_equal(less(RUNS(9.05), RUNS(12)), CHANGE_WORSE);
    assert_int_equal(less(RUNS(12), RUNS(9.05)), CHANGE_BETTER);
}

static void what_has_no_better_way_is_said_to_have_changed(void **state)
{
    const double few[] = {1}, many[] = {9};
    const struct figure a = of(BETTER_NEITHER, few, 1), b = of(BETTER_NEITHER, many, 1);

    (void)state;
    assert_int_equal(judge_change(&a, &b), CHANGE_NEITHER);
}

/* --- the program ---------------------------------------------------------------------------- */

static void plant(char path[], const char *cpu, const char *runs)
{
    const int fd = mkstemp(path);
    FILE *to = fdopen(fd, "w");

    assert_non_null(to);
    fprintf(to,
            "{\n\"settings\": [{\"setting\":\"machine.cpu\",\"value\":\"%s\"},"
            "{\"setting\":\"machine.cores\",\"value\":\"2\"}],\n"
            "\"figures\": [{\"name\":\"reads\",\"better\":\"more\",\"runs\":[%s]}],\n"
            "\"points\": []\n}\n",
            cpu, runs);
    fclose(to);
}

static int compare(const char *option, const char *cpu, const char *runs)
{
    char before[] = "/tmp/waybill-compare-XXXXXX", after[] = "/tmp/waybill-compare-XXXXXX";
    char command[4096];
    int status;

    plant(before, "one", "100,101,102");
    plant(after, cpu, runs);
    snprintf(command, sizeof(command), "%s %s %s %s >/dev/null 2>&1", program, option, before,
             after);
    status = system(command); /* NOLINT(cert-env33-c): of our own words */
    unlink(before);
    unlink(after);
    return WEXITSTATUS(status);
}

static void a_planted_regression_ends_with_status_1(void **state)
{
    (void)state;
    assert_int_equal(compare("", "one", "60,61,62"), 1);
    assert_int_equal(compare("", "one", "99,103,104"), 0);
    assert_int_equal(compare("", "one", "160,161,162"), 0);
}

static void different_machines_are_compared_only_when_told_to(void **state)
{
    (void)state;
    assert_int_equal(compare("", "another", "100,101,102"), 2);
    assert_int_equal(compare("--other-machine", "another", "100,101,102"), 0);
    assert_int_equal(compare("--other-machine", "another", "50,51,52"), 1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_that_overlap_are_noise_however_far_apart_the_medians),
        cmocka_unit_test(a_small_step_is_noise_however_steady_the_runs),
        cmocka_unit_test(a_large_step_without_overlap_counts_both_ways),
        cmocka_unit_test(a_figure_with_few_runs_needs_a_larger_step),
        cmocka_unit_test(twice_and_half_are_the_same_step),
        cmocka_unit_test(what_has_no_better_way_is_said_to_have_changed),
        cmocka_unit_test(a_planted_regression_ends_with_status_1),
        cmocka_unit_test(different_machines_are_compared_only_when_told_to),
    };
    static char path[4096];
    char *slash = strrchr(argv[0], '/');

    (void)argc;
    snprintf(path, sizeof(path), "%.*s/../compare", slash ? (int)(slash - argv[0]) : 1,
             slash ? argv[0] : ".");
    program = path;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
