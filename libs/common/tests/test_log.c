/* test_log.c - lines of the log, as they leave the process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "ctx.h"
#include "json_in.h"
#include "log.h"

enum { THREADS = 4, LINES = 300 };

static struct arena *arena;
static FILE *captured;
static int real_stderr;

/* Standard error goes to a file from here on, and is itself again in written(). */
static void capture(void)
{
    captured = tmpfile();
    assert_non_null(captured);
    real_stderr = dup(STDERR_FILENO);
    dup2(fileno(captured), STDERR_FILENO);
}

static char *written(void)
{
    char *text = arena_alloc(arena, 1 << 20);
    size_t len;

    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(captured);
    len = fread(text, 1, (1 << 20) - 1, captured);
    text[len] = '\0';
    fclose(captured);
    return text;
}

static int setup(void **state)
{
    (void)state;
    arena = arena_new();
    clock_freeze(1795173300123);
    return log_init("order", "order-1", "info") ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    log_context(NULL);
    clock_freeze(0);
    arena_free(arena);
    return 0;
}

#define START "{\"ts\":\"2026-11-20T11:15:00.123Z\",\"level\":\""
#define NAMES "\",\"service\":\"order\",\"instance\":\"order-1\",\"msg\":\""

static void a_line_is_one_json_object(void **state)
{
    (void)state;
    capture();
    log_info("order %s placed, %d lines", "o1", 2);
    assert_string_equal(written(), START "info" NAMES "order o1 placed, 2 lines\"}\n");
}

static void lines_below_the_level_are_left_out(void **state)
{
    (void)state;
    capture();
    log_debug("1");
    log_warn("2");
    log_error("3");
    log_init("order", "order-1", "error");
    log_warn("4");
    log_error("5");
    log_init("order", "order-1", "debug");
    log_debug("6");
    assert_string_equal(written(), START "warn" NAMES "2\"}\n" START "error" NAMES "3\"}\n" START
                                         "error" NAMES "5\"}\n" START "debug" NAMES "6\"}\n");
}

static void an_unknown_level_is_told_and_means_info(void **state)
{
    (void)state;
    capture();
    assert_false(log_init("order", NULL, "loud"));
    log_debug("1");
    log_info("2");
    assert_string_equal(written(), START "info\",\"service\":\"order\",\"msg\":\"2\"}\n");
}

static void lines_carry_the_ids_of_their_unit_of_work(void **state)
{
    struct ctx ctx = {.request_id = "r-1",
                      .trace = {.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"}};

    (void)state;
    capture();
    log_context(&ctx);
    log_info("within");
    ctx.request_id = NULL;
    log_info("without a request");
    log_context(NULL);
    log_info("outside");
    assert_string_equal(
        written(),
        START "info" NAMES "within\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
              "\"request_id\":\"r-1\"}\n" START "info" NAMES
              "without a request\",\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\"}\n" START
              "info" NAMES "outside\"}\n");
}

static void words_from_outside_cannot_forge_a_line(void **state)
{
    (void)state;
    capture();
    log_info("%s", "a\"}\n{\"level\":\"x\\\x01\xFFz");
    assert_string_equal(written(), START
                        "info" NAMES "a\\\"}\\n{\\\"level\\\":\\\"x\\\\\\u0001\xEF\xBF\xBDz\"}\n");
}

/* Of 'unit' repeated 'n' times; it must be a line of valid JSON that ends in "…". */
static void assert_cut(const char *unit, size_t n)
{
    struct ctx ctx = {.trace = {.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"}};
    char *msg = arena_alloc(arena, n * strlen(unit) + 1);
    const char *line, *read;
    struct json_in in;

    for (size_t i = 0; i < n; i++)
        memcpy(msg + i * strlen(unit), unit, strlen(unit));
    ctx.request_id = msg;
    log_init(msg, msg, "info");
    capture();
    log_context(&ctx);
    log_info("%s", msg);
    line = written();
    assert_in_range(strlen(line), 3000, PIPE_BUF);
    in = json_in_parse(arena, line, strlen(line));
    read = json_in_str(&in, "msg", 400, PIPE_BUF);
    assert_string_equal(read + strlen(read) - 3, "\xE2\x80\xA6");
    assert_memory_equal(read, msg, strlen(read) - 3);
    json_in_str(&in, "request_id", 10, 200);
    assert_int_equal(json_in_done(&in).code, ERR_OK);
    assert_int_equal(line[strlen(line) - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static void a_message_too_long_is_cut_between_two_characters(void **state)
{
    (void)state;
    assert_cut("a", 100000);
    assert_cut("\xE2\x82\xAC", 3000);
    assert_cut("\xF0\x9F\x93\xA6", 3000);
    assert_cut("\x01", 10000); /* six bytes each when escaped */
    assert_cut("\"", 10000);
}

static void logging_leaves_errno_alone(void **state)
{
    (void)state;
    capture();
    close(STDERR_FILENO); /* the write fails */
    errno = ENOENT;
    log_info("lost");
    assert_int_equal(errno, ENOENT);
    assert_string_equal(written(), "");
}

static void *log_many(void *arg)
{
    struct ctx ctx = {.request_id = arg};

    log_context(&ctx);
    for (int i = 0; i < LINES; i++)
        log_info("%s %d", (const char *)arg, i);
    log_context(NULL);
    return NULL;
}

static void lines_of_threads_never_mix(void **state)
{
    static char names[THREADS][3] = {"t0", "t1", "t2", "t3"};
    pthread_t threads[THREADS];
    int next[THREADS] = {0};
    char *text, *line;

    (void)state;
    capture();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_many, names[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    text = written();
    while ((line = strsep(&text, "\n")) && *line) {
        struct json_in in = json_in_parse(arena, line, strlen(line));
        int t = json_in_str(&in, "request_id", 2, 2)[1] - '0';

        assert_in_range(t, 0, THREADS - 1);
        assert_string_equal(json_in_str(&in, "msg", 1, 99),
                            arena_printf(arena, "t%d %d", t, next[t]++));
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(next[i], LINES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_line_is_one_json_object),
        TEST(lines_below_the_level_are_left_out),
        TEST(an_unknown_level_is_told_and_means_info),
        TEST(lines_carry_the_ids_of_their_unit_of_work),
        TEST(words_from_outside_cannot_forge_a_line),
        TEST(a_message_too_long_is_cut_between_two_characters),
        TEST(logging_leaves_errno_alone),
        TEST(lines_of_threads_never_mix),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
