/* test_metrics.c - what a scraper reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "metrics.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void assert_shown(const char *text)
{
    const char *all = metrics_text(arena);

    if (!strstr(all, text))
        print_error("not shown: %s\nin:\n%s", text, all);
    assert_non_null(strstr(all, text));
}

static double figure(const char *name)
{
    const char *line = strstr(metrics_text(arena), arena_printf(arena, "\n%s ", name));

    assert_non_null(line);
    return strtod(line + strlen(name) + 2, NULL);
}

static void counters_add_and_gauges_are_set(void **state)
{
    struct metric *c = metric_counter("t_orders_total", NULL, "Orders.");
    struct metric *g = metric_gauge("t_depth", "queue=\"order\"", "Depth.");

    (void)state;
    metric_add(c, 1);
    metric_add(c, 2);
    metric_set(g, 7);
    metric_set(g, -5);
    assert_shown("# HELP t_orders_total Orders.\n# TYPE t_orders_total counter\n"
                 "t_orders_total 3\n");
    assert_shown("# HELP t_depth Depth.\n# TYPE t_depth gauge\nt_depth{queue=\"order\"} -5\n");
}

static void the_same_name_and_labels_give_the_same_metric(void **state)
{
    char labels[] = "a=\"1\"";
    struct metric *m = metric_counter("t_same_total", labels, "Same.");

    (void)state;
    assert_ptr_equal(m, metric_counter("t_same_total", "a=\"1\"", "Same."));
    assert_ptr_not_equal(m, metric_counter("t_same_total", "a=\"2\"", "Same."));
    assert_ptr_not_equal(m, metric_counter("t_same_total", NULL, "Same."));
    labels[3] = '9'; /* the text was copied */
    assert_ptr_equal(m, metric_counter("t_same_total", "a=\"1\"", "Same."));
}

static void a_family_stands_together_under_one_heading(void **state)
{
    (void)state;
    metric_counter("t_family_total", "x=\"1\"", "Family.");
    metric_counter("t_between_total", NULL, "Between.");
    metric_counter("t_family_total", "x=\"2\"", "Family.");
    assert_shown("# HELP t_family_total Family.\n# TYPE t_family_total counter\n"
                 "t_family_total{x=\"1\"} 0\nt_family_total{x=\"2\"} 0\n# HELP ");
}

static void a_histogram_counts_into_buckets(void **state)
{
    struct metric *h = metric_histogram("t_wait_seconds", "op=\"a\"", "Wait.");

    (void)state;
    metric_observe_us(h, 500); /* le means: less or equal */
    metric_observe_us(h, 501);
    metric_observe_us(h, 20000);
    metric_observe_us(h, 10000001);
    metric_observe_us(h, -3); /* a clock's mistake counts as 0 */
    assert_shown("# TYPE t_wait_seconds histogram\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.0005\"} 2\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.001\"} 3\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.0025\"} 3\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.005\"} 3\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.01\"} 3\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.025\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.05\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.1\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.25\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"0.5\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"1\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"2.5\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"5\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"10\"} 4\n"
                 "t_wait_seconds_bucket{op=\"a\",le=\"+Inf\"} 5\n"
                 "t_wait_seconds_sum{op=\"a\"} 10.021002\n"
                 "t_wait_seconds_count{op=\"a\"} 5\n");
}

static void a_histogram_without_labels_has_only_its_bounds(void **state)
{
    (void)state;
    metric_observe_us(metric_histogram("t_plain_seconds", NULL, "Plain."), 1);
    assert_shown("t_plain_seconds_bucket{le=\"0.0005\"} 1\n");
    assert_shown("t_plain_seconds_sum 0.000001\nt_plain_seconds_count 1\n");
}

static void *count_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < 10000; i++) {
        metric_add(metric_counter("t_shared_total", NULL, "Shared."), 1);
        metric_observe_us(metric_histogram("t_shared_seconds", NULL, "Shared."), 1000);
        if (i % 1000 == 0) {
            struct arena *a = arena_new();

            metrics_text(a);
            arena_free(a);
        }
    }
    return NULL;
}

static void threads_lose_no_count(void **state)
{
    pthread_t threads[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_shown("\nt_shared_total 40000\n");
    assert_shown("\nt_shared_seconds_count 40000\n");
}

static void the_process_tells_its_memory_and_its_age(void **state)
{
    const double now = (double)time(NULL);
    const double before = figure("process_resident_memory_bytes");
    char *more = malloc(64 << 20);

    (void)state;
    assert_non_null(more);
    for (size_t i = 0; i < 64 << 20; i += 4096)
        ((volatile char *)more)[i] = 1;
    assert_true(figure("process_resident_memory_bytes") > before + (60 << 20));
    free(more);
    assert_true(figure("process_start_time_seconds") > now - 600);
    assert_true(figure("process_start_time_seconds") <= now + 2);
    assert_true(figure("process_cpu_seconds_total") > 0);
}

static int count_open_files(void)
{
    int n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void the_process_tells_its_open_files(void **state)
{
    const double before = figure("process_open_fds");
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(fd >= 0);
    assert_true(before == count_open_files() - 1);
    assert_true(figure("process_open_fds") == before + 1);
    close(fd);
    assert_true(figure("process_open_fds") == before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(counters_add_and_gauges_are_set),
        TEST(the_same_name_and_labels_give_the_same_metric),
        TEST(a_family_stands_together_under_one_heading),
        TEST(a_histogram_counts_into_buckets),
        TEST(a_histogram_without_labels_has_only_its_bounds),
        TEST(threads_lose_no_count),
        TEST(the_process_tells_its_memory_and_its_age),
        TEST(the_process_tells_its_open_files),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
