/* test_json_in.c - readers: what passes, and the exact words for what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "json_in.h"

#define ID "01a1f8c6-411d-717b-962e-43fc756da8e3"

static struct arena *arena;
static struct json_in in;

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

static void parse(const char *text)
{
    in = json_in_parse(arena, text, strlen(text));
}

static void assert_refused(struct err err, const char *msg)
{
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, msg);
}

static void members_are_read_by_type(void **state)
{
    struct json_in address, *lines;

    (void)state;
    parse("{\"name\":\"J\\u00f6rg \\ud83d\\udce6\",\"id\":\"" ID "\",\"age\":-7,\"admin\":true,"
          "\"address\":{\"city\":\"Ulm\"},\"lines\":[{\"n\":1},{\"n\":2e1}]}");
    assert_string_equal(json_in_str(&in, "name", 1, 20), "J\xC3\xB6rg \xF0\x9F\x93\xA6");
    assert_string_equal(json_in_id(&in, "id"), ID);
    assert_int_equal(json_in_int(&in, "age", -10, 10), -7);
    assert_true(json_in_bool_or(&in, "admin", false));
    address = json_in_obj(&in, "address");
    assert_string_equal(json_in_str(&address, "city", 3, 3), "Ulm");
    assert_int_equal(json_in_list(&in, "lines", 1, 2, &lines), 2);
    assert_int_equal(json_in_int(&lines[0], "n", 1, 20), 1);
    assert_int_equal(json_in_int(&lines[1], "n", 1, 20), 20);
    assert_int_equal(json_in_done_strict(&in).code, ERR_OK);
}

static void optional_members_fall_back_when_absent_or_null(void **state)
{
    (void)state;
    parse("{\"s\":null,\"n\":null,\"b\":null,\"t\":\"x\",\"m\":5,\"c\":false}");
    assert_string_equal(json_in_str_or(&in, "s", 1, 9, "none"), "none");
    assert_null(json_in_str_or(&in, "absent", 1, 9, NULL));
    assert_int_equal(json_in_int_or(&in, "n", 1, 9, 7), 7);
    assert_int_equal(json_in_int_or(&in, "absent", 1, 9, -1), -1);
    assert_true(json_in_bool_or(&in, "b", true));
    assert_string_equal(json_in_str_or(&in, "t", 1, 9, "none"), "x");
    assert_int_equal(json_in_int_or(&in, "m", 1, 9, 7), 5);
    assert_false(json_in_bool_or(&in, "c", true));
    assert_int_equal(json_in_done_strict(&in).code, ERR_OK);
}

/* Reads every member of the document below; one broken member is one message. */
static struct err decode(const char *text)
{
    struct json_in address, *lines;
    size_t n;

    parse(text);
    json_in_str(&in, "sku", 1, 8);
    json_in_id(&in, "id");
    json_in_int(&in, "quantity", 1, 1000);
    json_in_str_or(&in, "note", 0, 4, "");
    json_in_str_or(&in, "currency", 3, 3, "EUR");
    json_in_int_or(&in, "limit", 1, 100, 20);
    json_in_bool_or(&in, "gift", false);
    address = json_in_obj(&in, "to");
    json_in_str(&address, "city", 1, 8);
    n = json_in_list(&in, "lines", 1, 3, &lines);
    for (size_t i = 0; i < n; i++)
        json_in_int(&lines[i], "n", 0, INT64_MAX);
    return json_in_done_strict(&in);
}

#define REST "\"id\":\"" ID "\",\"quantity\":1,\"to\":{\"city\":\"Ulm\"},\"lines\":[{\"n\":1}]"
#define SKU  "\"sku\":\"a\""
#define FULL SKU "," REST

static void each_mistake_is_named_with_its_path(void **state)
{
    static const struct {
        const char *text, *msg;
    } cases[] = {
        {"{" REST "}",                       "missing member sku"               },
        {"{\"sku\":null," REST "}",          "sku must be a string"             },
        {"{\"sku\":7," REST "}",             "sku must be a string"             },
        {"{\"sku\":\"\"," REST "}",          "sku must be 1 to 8 bytes long"    },
        {"{\"sku\":\"123456789\"," REST "}", "sku must be 1 to 8 bytes long"    },
        {"{" SKU ",\"id\":7}",               "id must be a UUID in lower case"  },
        {"{" SKU ",\"id\":\"7\"}",           "id must be a UUID in lower case"  },
        {"{" SKU "}",                        "missing member id"                },
        {"{" SKU ",\"id\":\"" ID "\"}",      "missing member quantity"          },
        {"{" FULL ",\"note\":\"12345\"}",    "note must be at most 4 bytes long"},
        {"{" FULL ",\"note\":[]}",           "note must be a string"            },
        {"{" FULL ",\"currency\":\"EURO\"}", "currency must be 3 bytes long"    },
        {"{" FULL ",\"limit\":\"20\"}",      "limit must be a whole number"     },
        {"{" FULL ",\"limit\":101}",         "limit must be between 1 and 100"  },
        {"{" FULL ",\"gift\":\"true\"}",     "gift must be true or false"       },
        {"{" FULL ",\"gift\":1}",            "gift must be true or false"       },
        {"{" FULL ",\"foo\":1}",             "unknown member foo"               },
        {"{" FULL ",\"Note\":\"x\"}",        "unknown member Note"              },
    };

    (void)state;
    assert_int_equal(decode("{" FULL "}").code, ERR_OK);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(decode(cases[i].text), cases[i].msg);
}

#define HEAD "{" SKU ",\"id\":\"" ID "\",\"quantity\":1,"
#define TO   "\"to\":{\"city\":\"Ulm\"}"

static void mistakes_further_down_are_named_with_their_path(void **state)
{
    static const struct {
        const char *end, *msg; /* HEAD and end make the document */
    } cases[] = {
        {"\"x\":1}",                                     "missing member to"             },
        {"\"to\":[]}",                                   "to must be an object"          },
        {"\"to\":{}}",                                   "missing member to.city"        },
        {"\"to\":{\"city\":1}}",                         "to.city must be a string"      },
        {TO "}",                                         "missing member lines"          },
        {TO ",\"lines\":{}}",                            "lines must be a list"          },
        {TO ",\"lines\":null}",                          "lines must be a list"          },
        {TO ",\"lines\":[]}",                            "lines must have 1 to 3 entries"},
        {TO ",\"lines\":[{},{},{},{}]}",                 "lines must have 1 to 3 entries"},
        {TO ",\"lines\":[{\"n\":1},7]}",                 "lines[1] must be an object"    },
        {TO ",\"lines\":[{\"n\":1},{}]}",                "missing member lines[1].n"     },
        {TO ",\"lines\":[{\"n\":1},{\"n\":1,\"m\":1}]}", "unknown member lines[1].m"     },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(decode(arena_printf(arena, HEAD "%s", cases[i].end)), cases[i].msg);
    assert_refused(decode(HEAD TO ",\"lines\":[{\"n\":-1}]}"),
                   "lines[0].n must be between 0 and 9007199254740991");
    assert_refused(decode(HEAD "\"to\":{\"city\":\"Ulm\",\"zip\":1},\"lines\":[{\"n\":1}]}"),
                   "unknown member to.zip");
}

static struct err decode_int(const char *number, int64_t *n)
{
    parse(arena_printf(arena, "{\"n\":%s}", number));
    *n = json_in_int(&in, "n", INT64_MIN, INT64_MAX);
    return json_in_done(&in);
}

static void integers_are_exact_or_refused(void **state)
{
    static const struct {
        const char *number;
        int64_t n;
    } right[] = {
        {"0",                 0                },
        {"-0",                0                },
        {"1.0",               1                },
        {"3000000000",        3000000000       },
        {"1e3",               1000             },
        {"9007199254740991",  9007199254740991 },
        {"-9007199254740991", -9007199254740991},
    };
    static const char *const too_big[] = {"9007199254740992", "9007199254740993",
                                          "9223372036854775808", "1e300", "-1e999"};
    static const char *const not_whole[] = {"1.5", "-0.1", "1e-3", "\"1\"", "true", "null", "[]"};
    int64_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
        assert_int_equal(decode_int(right[i].number, &n).code, ERR_OK);
        assert_int_equal(n, right[i].n);
    }
    for (size_t i = 0; i < sizeof(too_big) / sizeof(too_big[0]); i++)
        assert_refused(decode_int(too_big[i], &n),
                       "n must be between -9007199254740991 and 9007199254740991");
    for (size_t i = 0; i < sizeof(not_whole) / sizeof(not_whole[0]); i++)
        assert_refused(decode_int(not_whole[i], &n), "n must be a whole number");
}

static void the_first_mistake_wins_and_then_nothing_is_read(void **state)
{
    struct json_in *items, obj;

    (void)state;
    parse("{\"a\":\"x\",\"n\":5,\"o\":{\"k\":1},\"l\":[{}]}");
    json_in_int(&in, "missing", 0, 1);
    assert_string_equal(json_in_str(&in, "a", 5, 9), "");
    assert_int_equal(json_in_int(&in, "n", 0, 9), 0);
    assert_string_equal(json_in_id(&in, "a"), "");
    obj = json_in_obj(&in, "o");
    assert_int_equal(json_in_int(&obj, "k", 0, 9), 0);
    assert_int_equal(json_in_list(&in, "l", 0, 9, &items), 0);
    assert_null(items);
    json_in_refuse(&in, "a", "is bad");
    assert_refused(json_in_done(&in), "missing member missing");
    assert_refused(json_in_done_strict(&in), "missing member missing");
}

static void a_caller_can_refuse_a_member_for_its_own_reasons(void **state)
{
    struct json_in *lines;

    (void)state;
    parse("{\"lines\":[{},{}]}");
    json_in_list(&in, "lines", 0, 9, &lines);
    json_in_refuse(&lines[1], "sku", "is listed twice");
    assert_refused(json_in_done(&in), "lines[1].sku is listed twice");
}

static void unknown_members_pass_unless_the_reading_is_strict(void **state)
{
    (void)state;
    parse("{\"a\":{\"b\":{}},\"c\":1}");
    json_in_int(&in, "c", 1, 1);
    assert_int_equal(json_in_done(&in).code, ERR_OK);
    assert_refused(json_in_done_strict(&in), "unknown member a");
}

static void strictness_can_begin_at_a_part(void **state)
{
    struct json_in data;

    (void)state;
    parse("{\"other\":1,\"data\":{\"x\":{\"y\":1}}}");
    data = json_in_obj(&in, "data");
    json_in_obj(&data, "x");
    assert_refused(json_in_done_strict(&data), "unknown member data.x.y");
}

static void a_member_that_repeats_is_refused_wherever_it_is(void **state)
{
    (void)state;
    parse("{\"a\":1,\"b\":2,\"a\":3}");
    assert_refused(json_in_done(&in), "a appears twice");
    parse("{\"a\":[{},{\"b\":{\"c\":1,\"\\u0063\":1}}]}");
    assert_refused(json_in_done(&in), "a[1].b.c appears twice");
    parse("{\"a\":[[{\"c\":1,\"c\":1}]]}");
    assert_refused(json_in_done(&in), "a[0][0].c appears twice");
    parse("{\"a\":{\"b\":1},\"b\":1,\"A\":1,\"c\":[{\"b\":1},{\"b\":1}]}");
    assert_int_equal(json_in_done(&in).code, ERR_OK);
}

static void a_body_full_of_members_is_no_burden(void **state)
{
    enum { N = 100000, ROOM = N * 12 + 3 };
    char *text = arena_alloc(arena, ROOM), *at = text;

    (void)state;
    *at++ = '{';
    for (int i = 0; i < N; i++)
        at += snprintf(at, 12, "\"%06d\":0,", i);
    at[-1] = '}';
    parse(text);
    assert_int_equal(json_in_done(&in).code, ERR_OK);
    assert_refused(json_in_done_strict(&in), "unknown member 000000");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(members_are_read_by_type),
        TEST(optional_members_fall_back_when_absent_or_null),
        TEST(each_mistake_is_named_with_its_path),
        TEST(mistakes_further_down_are_named_with_their_path),
        TEST(integers_are_exact_or_refused),
        TEST(the_first_mistake_wins_and_then_nothing_is_read),
        TEST(a_caller_can_refuse_a_member_for_its_own_reasons),
        TEST(unknown_members_pass_unless_the_reading_is_strict),
        TEST(strictness_can_begin_at_a_part),
        TEST(a_member_that_repeats_is_refused_wherever_it_is),
        TEST(a_body_full_of_members_is_no_burden),
    };

    return cmocka_run_group_tests_name("json_in", tests, NULL, NULL);
}
