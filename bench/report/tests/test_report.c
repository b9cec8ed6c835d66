/* test_report.c - reading results, the figures' spread, limits and goals, and the file kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "goals.h"
#include "result.h"
#include "table.h"

static struct result *result;

static int setup(void **state)
{
    (void)state;
    result = calloc(1, sizeof(*result));
    result->arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(result->arena);
    free(result);
    return 0;
}

static void line(const char *text)
{
    const struct err err = result_read_line(result, text, strlen(text));

    if (err.code)
        fail_msg("%s: %s", text, err.msg);
}

static void refused(const char *text, const char *why)
{
    const struct err err = result_read_line(result, text, strlen(text));

    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.msg, why));
}

static const struct figure *figure(const char *name)
{
    const struct figure *f = result_figure(result, name);

    assert_non_null(f);
    return f;
}

/* --- stats ----------------------------------------------------------------------------------- */

static void the_median_is_the_middle_run_or_between_the_two(void **state)
{
    const double odd[] = {3, 1, 2}, even[] = {4, 1, 2, 3};

    (void)state;
    assert_true(spread_of(odd, 3).median == 2);
    assert_true(spread_of(even, 4).median == 2.5);
    assert_true(spread_of(even, 4).least == 1 && spread_of(even, 4).most == 4);
    assert_int_equal(spread_of(NULL, 0).n, 0);
}

static void the_spread_is_half_the_way_from_least_to_most(void **state)
{
    const double runs[] = {90, 100, 110};
    const struct spread s = spread_of(runs, 3);

    (void)state;
    assert_true(spread_part(&s) == 0.1);
}

/* --- reading --------------------------------------------------------------------------------- */

static void runs_of_a_figure_named_twice_are_added(void **state)
{
    (void)state;
    line("{\"name\":\"reads.order.direct\",\"unit\":\"req/s\",\"better\":\"more\",\"runs\":[1,2]}");
    line("{\"name\":\"reads.order.direct\",\"unit\":\"req/s\",\"better\":\"more\",\"runs\":[9]}");
    assert_int_equal(result->nfigures, 1);
    assert_int_equal(figure("reads.order.direct")->nruns, 3);
    assert_true(figure("reads.order.direct")->spread.median == 2);
}

static void points_and_settings_named_twice_are_replaced(void **state)
{
    (void)state;
    line("{\"setting\":\"postgresql.fsync\",\"value\":\"off\"}");
    line("{\"setting\":\"postgresql.fsync\",\"value\":\"on\"}");
    line("{\"name\":\"sagas.load\",\"unit\":\"ms\",\"points\":[[50,3,6],[200,4,8]]}");
    line("{\"name\":\"sagas.load\",\"unit\":\"ms\",\"points\":[[100,3.5,6]]}");
    assert_string_equal(result_setting(result, "postgresql.fsync"), "on");
    assert_int_equal(result->nsettings, 1);
    assert_int_equal(result->npoints, 1);
    assert_int_equal(result_points(result, "sagas.load")->width, 3);
    assert_true(result_points(result, "sagas.load")->values[1] == 3.5);
}

static void a_line_that_is_no_measurement_is_refused(void **state)
{
    (void)state;
    refused("{\"name\":\"a\",\"runs\":[]}", "not empty");
    refused("{\"name\":\"a\",\"runs\":[1,\"2\"]}", "numbers only");
    refused("{\"name\":\"a\",\"runs\":[1],\"better\":\"bigger\"}", "better");
    refused("{\"name\":\"a\",\"points\":[[1,2],[1]]}", "one length");
    refused("{\"runs\":[1]}", "name");
    refused("{\"name\":\"a\",\"runs\":[1", "JSON");
}

static void the_mistake_is_named_with_its_line(void **state)
{
    char text[] = "{\"setting\":\"a\",\"value\":\"b\"}\n\n{\"name\":\"a\"}\n";
    FILE *from = fmemopen(text, strlen(text), "r");
    const struct err err = result_read_lines(result, from);

    (void)state;
    fclose(from);
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.msg, "line 3"));
}

static void what_is_kept_reads_the_same(void **state)
{
    char path[] = "/tmp/waybill-report-XXXXXX";
    struct result *again = calloc(1, sizeof(*again));
    const int fd = mkstemp(path);

    (void)state;
    again->arena = result->arena;
    assert_true(fd >= 0);
    line("{\"setting\":\"machine.cpu\",\"value\":\"a \\\"quoted\\\" one\"}");
    line("{\"name\":\"a\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[1.25,3.5]}");
    line("{\"name\":\"b\",\"unit\":\"ms\",\"points\":[[1,0.5],[2,0.999999]]}");
    assert_int_equal(result_save(result, path).code, ERR_OK);
    assert_int_equal(result_load(again, path).code, ERR_OK);
    close(fd);
    unlink(path);

    assert_string_equal(result_setting(again, "machine.cpu"), "a \"quoted\" one");
    assert_int_equal(result_figure(again, "a")->better, BETTER_LESS);
    assert_true(result_figure(again, "a")->runs[1] == 3.5);
    assert_int_equal(result_points(again, "b")->n, 2);
    assert_true(result_points(again, "b")->values[3] == 0.999999);
    free(again);
}

/* --- limits and goals --------------------------------------------------------------------------
 */

static enum verdict verdict(const char *name)
{
    return goal_judge(result, figure(name)).verdict;
}

static void a_figure_is_held_against_its_limit_of_the_same_run(void **state)
{
    (void)state;
    line("{\"name\":\"sagas.sustained\",\"better\":\"more\",\"runs\":[1500]}");
    assert_int_equal(verdict("sagas.sustained"), GOAL_UNKNOWN);
    line("{\"name\":\"limits.sql_floor\",\"better\":\"more\",\"runs\":[1000]}");
    assert_int_equal(verdict("sagas.sustained"), GOAL_MET);
    assert_true(goal_of_limit(result, figure("sagas.sustained")) == 1.5);
    line("{\"name\":\"limits.sql_floor\",\"better\":\"more\",\"runs\":[1200]}");
    assert_int_equal(verdict("sagas.sustained"), GOAL_MISSED);
}

static void a_goal_in_the_figures_own_unit_is_met_at_that_value(void **state)
{
    (void)state;
    line("{\"name\":\"sagas.200.confirmed.p50\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[8]}");
    line(
        "{\"name\":\"sagas.200.confirmed.p99\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[26]}");
    line("{\"name\":\"cost.rss.order.load\",\"unit\":\"MiB\",\"better\":\"less\",\"runs\":[11]}");
    line("{\"name\":\"cost.rss.order.idle\",\"unit\":\"MiB\",\"better\":\"less\",\"runs\":[99]}");
    assert_int_equal(verdict("sagas.200.confirmed.p50"), GOAL_MET);
    assert_int_equal(verdict("sagas.200.confirmed.p99"), GOAL_MISSED);
    assert_int_equal(verdict("cost.rss.order.load"), GOAL_MET);
    assert_int_equal(verdict("cost.rss.order.idle"), NO_GOAL);
}

static void a_million_orders_may_cost_fifteen_percent(void **state)
{
    (void)state;
    line("{\"name\":\"reads.order.direct\",\"better\":\"more\",\"runs\":[1000]}");
    line("{\"name\":\"reads.order.direct.1m\",\"better\":\"more\",\"runs\":[860]}");
    line("{\"name\":\"writes.order.direct\",\"better\":\"more\",\"runs\":[1000]}");
    line("{\"name\":\"writes.order.direct.1m\",\"better\":\"more\",\"runs\":[840]}");
    line("{\"name\":\"sagas.50.shipped.p50\",\"better\":\"less\",\"runs\":[10]}");
    line("{\"name\":\"sagas.50.shipped.p50.1m\",\"better\":\"less\",\"runs\":[12]}");
    line("{\"name\":\"sagas.50.shipped.p99.1m\",\"better\":\"less\",\"runs\":[12]}");
    assert_int_equal(verdict("reads.order.direct.1m"), GOAL_MET);
    assert_int_equal(verdict("writes.order.direct.1m"), GOAL_MISSED);
    assert_int_equal(verdict("sagas.50.shipped.p50.1m"), GOAL_MISSED);
    assert_int_equal(verdict("sagas.50.shipped.p99.1m"), GOAL_UNKNOWN);
}

static void what_is_mostly_noise_has_no_goal(void **state)
{
    (void)state;
    line("{\"name\":\"reads.order.direct.p50\",\"better\":\"less\",\"runs\":[1]}");
    line("{\"name\":\"reads.order.direct.p50.1m\",\"better\":\"less\",\"runs\":[9]}");
    line("{\"name\":\"sagas.200.confirmed.p999.1m\",\"better\":\"less\",\"runs\":[9]}");
    assert_int_equal(verdict("reads.order.direct.p50.1m"), NO_GOAL);
    assert_int_equal(verdict("sagas.200.confirmed.p999.1m"), NO_GOAL);
}

static void goals_of_what_was_not_measured_are_named(void **state)
{
    size_t all = 0, others = 0;

    (void)state;
    while (goal_unmeasured(result, all))
        all++;
    line("{\"name\":\"cost.start.order\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[30]}");
    while (goal_unmeasured(result, others))
        others++;
    assert_int_equal(others, all - 1);
}

/* --- the table ----------------------------------------------------------------------------------
 */

static void numbers_have_three_digits_that_count(void **state)
{
    static const struct {
        double value;
        const char *text;
    } all[] = {
        {0,         "0"        },
        {1.239,     "1.24"     },
        {12.39,     "12.4"     },
        {123.9,     "124"      },
        {1239,      "1,239"    },
        {1234567.8, "1,234,568"}
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        table_number(all[i].value, text);
        assert_string_equal(text, all[i].text);
    }
}

static char *printed(void)
{
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    table_print(to, result);
    fclose(to);
    return text;
}

static void a_missed_goal_stands_in_the_table_and_is_counted(void **state)
{
    char *text;

    (void)state;
    line("{\"setting\":\"postgresql.fsync\",\"value\":\"on\"}");
    line(
        "{\"name\":\"limits.sql_floor\",\"unit\":\"sagas/s\",\"better\":\"more\",\"runs\":[1000]}");
    line("{\"name\":\"sagas.sustained\",\"unit\":\"sagas/s\",\"better\":\"more\","
         "\"runs\":[900,1100]}");
    text = printed();
    assert_non_null(strstr(text, "postgresql.fsync"));
    assert_non_null(strstr(text, "±10 %   1.00 x  >= 1.5 x limit: MISSED"));
    assert_non_null(strstr(text, "Goals: 0 met, 1 missed."));
    free(text);
}

static void the_slowest_of_a_thousand_stand_in_the_table_until_they_are_confirmed(void **state)
{
    char *text;

    (void)state;
    line(
        "{\"name\":\"sagas.200.confirmed.p999\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[9]}");
    line("{\"name\":\"sagas.200.shipped.p999\",\"unit\":\"ms\",\"better\":\"less\",\"runs\":[9]}");
    text = printed();
    assert_non_null(strstr(text, "sagas.200.confirmed.p999"));
    assert_null(strstr(text, "sagas.200.shipped.p999"));
    free(text);
}

static void figures_of_a_busy_machine_come_with_a_warning(void **state)
{
    char *text;

    (void)state;
    line("{\"setting\":\"machine.busy\",\"value\":\"3\"}");
    text = printed();
    assert_null(strstr(text, "Others used"));
    free(text);
    line("{\"setting\":\"machine.busy\",\"value\":\"87\"}");
    text = printed();
    assert_non_null(strstr(text, "Others used 87 %"));
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_median_is_the_middle_run_or_between_the_two),
        TEST(the_spread_is_half_the_way_from_least_to_most),
        TEST(runs_of_a_figure_named_twice_are_added),
        TEST(points_and_settings_named_twice_are_replaced),
        TEST(a_line_that_is_no_measurement_is_refused),
        TEST(the_mistake_is_named_with_its_line),
        TEST(what_is_kept_reads_the_same),
        TEST(a_figure_is_held_against_its_limit_of_the_same_run),
        TEST(a_goal_in_the_figures_own_unit_is_met_at_that_value),
        TEST(a_million_orders_may_cost_fifteen_percent),
        TEST(what_is_mostly_noise_has_no_goal),
        TEST(goals_of_what_was_not_measured_are_named),
        TEST(numbers_have_three_digits_that_count),
        TEST(a_missed_goal_stands_in_the_table_and_is_counted),
        TEST(the_slowest_of_a_thousand_stand_in_the_table_until_they_are_confirmed),
        TEST(figures_of_a_busy_machine_come_with_a_warning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
