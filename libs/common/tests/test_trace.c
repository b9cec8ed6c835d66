/* test_trace.c - the traceparent header, with the examples of its specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "arena.h"
#include "trace.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN_ID  "00f067aa0ba902b7"

static void a_traceparent_is_read(void **state)
{
    struct trace t;

    (void)state;
    assert_true(trace_parse("00-" TRACE_ID "-" SPAN_ID "-01", &t));
    assert_string_equal(t.trace_id, TRACE_ID);
    assert_string_equal(t.span_id, SPAN_ID);
    assert_true(t.sampled);
    assert_true(trace_parse("00-" TRACE_ID "-" SPAN_ID "-02", &t));
    assert_false(t.sampled);
}

static void a_later_version_may_say_more(void **state)
{
    struct trace t;

    (void)state;
    assert_true(trace_parse("cc-" TRACE_ID "-" SPAN_ID "-01-what-the-future-holds", &t));
    assert_string_equal(t.trace_id, TRACE_ID);
    assert_true(trace_parse("cc-" TRACE_ID "-" SPAN_ID "-01", &t));
    assert_false(trace_parse("cc-" TRACE_ID "-" SPAN_ID "-01.what", &t));
}

static void a_malformed_traceparent_is_none(void **state)
{
    static const char *const wrong[] = {
        NULL,
        "",
        "00",
        "00-" TRACE_ID "-" SPAN_ID,
        "00-" TRACE_ID "-" SPAN_ID "-0",
        "00-" TRACE_ID "-" SPAN_ID "-01-more",
        "ff-" TRACE_ID "-" SPAN_ID "-01",
        "00-00000000000000000000000000000000-" SPAN_ID "-01",
        "00-" TRACE_ID "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN_ID "-01",
        "00-" TRACE_ID "_" SPAN_ID "-01",
        "0g-" TRACE_ID "-" SPAN_ID "-01",
        "00-" TRACE_ID "-" SPAN_ID "-0x",
        "00-4bf92f3577b34da6a3ce929d0e0e473--" SPAN_ID "-01",
    };
    struct trace t = {.trace_id = "untouched"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(trace_parse(wrong[i], &t));
    assert_string_equal(t.trace_id, "untouched");
}

static void a_trace_goes_on_under_a_span_of_its_own(void **state)
{
    struct trace t = trace_continue("00-" TRACE_ID "-" SPAN_ID "-00");

    (void)state;
    assert_string_equal(t.trace_id, TRACE_ID);
    assert_string_not_equal(t.span_id, SPAN_ID);
    assert_int_equal(strlen(t.span_id), 16);
    assert_false(t.sampled);
}

static void without_one_to_continue_a_new_trace_begins(void **state)
{
    struct trace one = trace_continue(NULL), other = trace_continue("nonsense"), again;
    struct arena *a = arena_new();

    (void)state;
    assert_string_not_equal(one.trace_id, other.trace_id);
    assert_true(one.sampled);
    assert_true(trace_parse(trace_format(a, &one), &again));
    assert_memory_equal(&one, &again, sizeof(one));
    arena_free(a);
}

static void a_trace_is_written_as_it_was_read(void **state)
{
    static const char sampled[] = "00-" TRACE_ID "-" SPAN_ID "-01";
    static const char quiet[] = "00-" TRACE_ID "-" SPAN_ID "-00";
    struct arena *a = arena_new();
    struct trace t;

    (void)state;
    assert_true(trace_parse(sampled, &t));
    assert_string_equal(trace_format(a, &t), sampled);
    assert_true(trace_parse(quiet, &t));
    assert_string_equal(trace_format(a, &t), quiet);
    assert_string_equal(trace_format(a, &(struct trace){.trace_id = ""}), "");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_traceparent_is_read),
        cmocka_unit_test(a_later_version_may_say_more),
        cmocka_unit_test(a_malformed_traceparent_is_none),
        cmocka_unit_test(a_trace_goes_on_under_a_span_of_its_own),
        cmocka_unit_test(without_one_to_continue_a_new_trace_begins),
        cmocka_unit_test(a_trace_is_written_as_it_was_read),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
