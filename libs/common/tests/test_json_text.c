/* test_json_text.c - which texts are taken for a JSON object at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "json_in.h"

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

struct text {
    const char *bytes;
    size_t len;
    const char *msg;
};

/* The whole literal, with the NUL bytes that it may hold. */
#define TEXT(literal, msg)                                                                         \
    {                                                                                              \
        literal, sizeof(literal) - 1, "body " msg                                                  \
    }

static void check(const struct text cases[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct json_in in = json_in_parse(arena, cases[i].bytes, cases[i].len);
        struct err err = json_in_done(&in);

        if (err.code != ERR_INVALID || strcmp(err.msg, cases[i].msg) != 0)
            print_error("case %zu: %s\n", i, cases[i].bytes);
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.msg, cases[i].msg);
    }
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

struct broken {
    const char *text;
    long at; /* the first byte that cannot be, counted from 1 */
};

/* Where cJSON stops reading is up to its version: at the byte or close by. */
static void check_broken(const struct broken cases[], size_t n)
{
    static const char start[] = "body is not valid JSON (near byte ";

    for (size_t i = 0; i < n; i++) {
        struct json_in in = json_in_parse(arena, cases[i].text, strlen(cases[i].text));
        struct err err = json_in_done(&in);

        assert_int_equal(err.code, ERR_INVALID);
        if (strncmp(err.msg, start, strlen(start)) != 0)
            fail_msg("%s: %s", cases[i].text, err.msg);
        if (labs(strtol(err.msg + strlen(start), NULL, 10) - cases[i].at) > 2)
            fail_msg("%s: %s, not %ld", cases[i].text, err.msg, cases[i].at);
    }
}

#define CHECK_BROKEN(cases) check_broken(cases, sizeof(cases) / sizeof((cases)[0]))

static void assert_taken(const char *text)
{
    struct json_in in = json_in_parse(arena, text, strlen(text));
    struct err err = json_in_done(&in);

    if (err.code)
        print_error("%s: %s\n", text, err.msg);
    assert_int_equal(err.code, ERR_OK);
}

static void what_json_allows_is_taken(void **state)
{
    (void)state;
    assert_taken("{}");
    assert_taken(" \t\r\n{ \"a\" : [ 1 , -0.5e+10 , 0 , 10E2, true,false,null,\"\" ] }\r\n");
    assert_taken("{\"\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u20AC\x7F\"}");
    assert_taken("{\"a\":\"\\\\u0000\"}");     /* a backslash, then letters */
    assert_taken("{\"a\":\"\\\\\\\\u0000\"}"); /* two of them */
    assert_taken("{\"a\":\"\\u0001\\u000A\"}");
    assert_taken("{\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}");
    assert_taken("{\"a\":\"\xF0\x9F\x93\xA6\"}");
}

static void what_is_no_object_is_refused(void **state)
{
    static const struct text cases[] = {
        TEXT("", "is empty"),
        TEXT(" \r\n\t", "is empty"),
        TEXT("[]", "must be a JSON object"),
        TEXT("7", "must be a JSON object"),
        TEXT("null", "must be a JSON object"),
        TEXT("\"x\"", "must be a JSON object"),
    };

    (void)state;
    CHECK(cases);
}

static void broken_syntax_is_refused_with_its_place(void **state)
{
    static const struct broken cases[] = {
        {"{",                 2 },
        {"{\"a\"}",           5 },
        {"{\"a\":}",          6 },
        {"{\"a\":1,}",        8 },
        {"{\"a\":[1,]}",      9 },
        {"{'a':1}",           2 },
        {"{a:1}",             2 },
        {"{\"a\":True}",      6 },
        {"{\"a\":nul}",       6 },
        {"{\"a\":1 \"b\":2}", 8 },
        {"{\"a\":\"x",        8 },
        {"{\"a\":\"x\\",      9 },
        {"{\"a\":\"x\\\"}",   11},
        {"// x\n{}",          1 },
        {"]",                 1 },
    };

    (void)state;
    CHECK_BROKEN(cases);
}

static void trailing_text_is_refused(void **state)
{
    static const struct broken broken[] = {
        {"{}{}", 3},
        {"{} x", 4},
        {"{}]",  3},
        {"{},",  3}
    };
    static const struct text cases[] = {
        TEXT("{}\0", "has a control character (near byte 3)"),
        TEXT("{}\0{\"a\":1}", "has a control character (near byte 3)"),
    };

    (void)state;
    CHECK_BROKEN(broken);
    CHECK(cases);
}

static void numbers_that_only_c_knows_are_refused(void **state)
{
    static const struct broken cases[] = {
        {"{\"a\":01}",       7},
        {"{\"a\":-}",        7},
        {"{\"a\":1.}",       8},
        {"{\"a\":.5}",       6},
        {"{\"a\":-.5}",      7},
        {"{\"a\":1e}",       8},
        {"{\"a\":1e+}",      9},
        {"{\"a\":1.5.5}",    9},
        {"{\"a\":1-2}",      7},
        {"{\"a\":+1}",       6},
        {"{\"a\":0x1F}",     7},
        {"{\"a\":NaN}",      6},
        {"{\"a\":Infinity}", 6},
    };

    (void)state;
    CHECK_BROKEN(cases);
}

static void strings_that_would_lie_about_their_length_are_refused(void **state)
{
    static const struct text cases[] = {
        TEXT("{\"a\":\"x\\u0000y\"}", "must not contain \\u0000 (near byte 8)"),
        TEXT("{\"a\\u0000\":1}", "must not contain \\u0000 (near byte 4)"),
        TEXT("{\"a\":\"\\\\\\u0000\"}", "must not contain \\u0000 (near byte 9)"),
        TEXT("{\"a\":\"x\\uZZZZ\"}", "is not valid JSON (near byte 8)"),
        TEXT("{\"a\":\"x\\u12\"}", "is not valid JSON (near byte 8)"),
        TEXT("{\"a\":\"x\\u123\"}", "is not valid JSON (near byte 8)"),
        TEXT("{\"a\":\"x\0y\"}", "has a control character in a string (near byte 8)"),
        TEXT("{\"a\":\"x\ny\"}", "has a control character in a string (near byte 8)"),
        TEXT("{\"a\":\"\x1F\"}", "has a control character in a string (near byte 7)"),
        TEXT("{\x01\"a\":1}", "has a control character (near byte 2)"),
    };

    (void)state;
    CHECK(cases);
}

static void escapes_that_are_none_are_refused(void **state)
{
    static const struct broken cases[] = {
        {"{\"a\":\"\\x\"}",            7},
        {"{\"a\":\"\\ud800\"}",        7},
        {"{\"a\":\"\\udc00\"}",        7},
        {"{\"a\":\"\\ud800\\ud800\"}", 7},
        {"{\"a\":\"\\ud800\\n\"}",     7},
        {"{\"a\":\"\\ud800x12345\"}",  7},
    };

    (void)state;
    CHECK_BROKEN(cases);
}

static void bytes_that_are_no_utf8_are_refused(void **state)
{
    static const struct text cases[] = {
        TEXT("{\"a\":\"\xFF\"}", "is not valid UTF-8 (near byte 7)"),
        TEXT("{\"a\":\"x\xC0\x80\"}", "is not valid UTF-8 (near byte 8)"),
        TEXT("{\"a\":\"\xED\xA0\x80\"}", "is not valid UTF-8 (near byte 7)"),
        TEXT("{\"a\":\"\xF4\x90\x80\x80\"}", "is not valid UTF-8 (near byte 7)"),
        TEXT("{\"a\":\"\xE2\x82\"}", "is not valid UTF-8 (near byte 7)"),
        TEXT("{\"a\xE2", "is not valid UTF-8 (near byte 4)"),
        TEXT("{\"a\":\xFF}", "is not valid JSON (near byte 6)"),
    };

    (void)state;
    CHECK(cases);
}

static const char *nested(int depth)
{
    char *text = arena_alloc(arena, (size_t)depth * 6 + 8);
    size_t len = 0;

    for (int i = 1; i < depth; i++)
        len += (size_t)sprintf(text + len, "%s", "{\"a\":");
    len += (size_t)sprintf(text + len, "[]");
    for (int i = 1; i < depth; i++)
        text[len++] = '}';
    return text;
}

static void nesting_has_a_limit(void **state)
{
    struct text bomb = {nested(JSON_MAX_DEPTH + 1), 0, "body is nested too deeply (near byte 81)"};
    struct text huge = {nested(100000), 0, bomb.msg};

    (void)state;
    bomb.len = strlen(bomb.bytes);
    huge.len = strlen(huge.bytes);
    assert_taken(nested(JSON_MAX_DEPTH));
    check(&bomb, 1);
    check(&huge, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_json_allows_is_taken),
        TEST(what_is_no_object_is_refused),
        TEST(broken_syntax_is_refused_with_its_place),
        TEST(trailing_text_is_refused),
        TEST(numbers_that_only_c_knows_are_refused),
        TEST(strings_that_would_lie_about_their_length_are_refused),
        TEST(escapes_that_are_none_are_refused),
        TEST(bytes_that_are_no_utf8_are_refused),
        TEST(nesting_has_a_limit),
    };

    return cmocka_run_group_tests_name("json text", tests, NULL, NULL);
}
