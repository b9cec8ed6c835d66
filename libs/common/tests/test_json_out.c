/* test_json_out.c - JSON as it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "arena.h"
#include "json_out.h"

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

static const char *quoted(const char *value)
{
    struct json_out j = json_out_new(arena);

    json_out_str(&j, NULL, value);
    return json_out_text(&j);
}

static void objects_and_arrays_nest_with_commas_where_they_belong(void **state)
{
    struct json_out j = json_out_new(arena);

    (void)state;
    json_out_open(&j, NULL, '{');
    json_out_str(&j, "id", "o1");
    json_out_open(&j, "lines", '[');
    for (int i = 0; i < 2; i++) {
        json_out_open(&j, NULL, '{');
        json_out_str(&j, "sku", "{[");
        json_out_bool(&j, "gift", i == 0);
        json_out_close(&j, '}');
    }
    json_out_close(&j, ']');
    json_out_open(&j, "none", '[');
    json_out_close(&j, ']');
    json_out_open(&j, "empty", '{');
    json_out_close(&j, '}');
    json_out_str(&j, "note", NULL);
    json_out_raw(&j, "raw", "[1, 2]");
    json_out_int(&j, "n", 3);
    json_out_close(&j, '}');
    assert_string_equal(json_out_text(&j),
                        "{\"id\":\"o1\",\"lines\":[{\"sku\":\"{[\",\"gift\":true},"
                        "{\"sku\":\"{[\",\"gift\":false}],\"none\":[],\"empty\":{},"
                        "\"note\":null,\"raw\":[1, 2],\"n\":3}");
}

static void values_in_an_array_have_no_keys(void **state)
{
    struct json_out j = json_out_new(arena);

    (void)state;
    json_out_open(&j, NULL, '[');
    json_out_int(&j, NULL, 1);
    json_out_str(&j, NULL, "");
    json_out_bool(&j, NULL, false);
    json_out_str(&j, NULL, NULL);
    json_out_close(&j, ']');
    assert_string_equal(json_out_text(&j), "[1,\"\",false,null]");
}

static void integers_keep_all_their_digits(void **state)
{
    struct json_out j = json_out_new(arena);

    (void)state;
    json_out_open(&j, NULL, '[');
    json_out_int(&j, NULL, INT64_MAX);
    json_out_int(&j, NULL, INT64_MIN);
    json_out_int(&j, NULL, 9007199254740993);
    json_out_int(&j, NULL, 0);
    json_out_close(&j, ']');
    assert_string_equal(json_out_text(&j),
                        "[9223372036854775807,-9223372036854775808,9007199254740993,0]");
}

static void special_characters_are_escaped(void **state)
{
    (void)state;
    assert_string_equal(quoted("say \"hi\" \\ /"), "\"say \\\"hi\\\" \\\\ /\"");
    assert_string_equal(quoted("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    assert_string_equal(quoted("a\x01z\x1f\x7F"), "\"a\\u0001z\\u001f\x7F\"");
}

static void keys_are_escaped_too(void **state)
{
    struct json_out j = json_out_new(arena);

    (void)state;
    json_out_open(&j, NULL, '{');
    json_out_int(&j, "a\"b", 1);
    json_out_close(&j, '}');
    assert_string_equal(json_out_text(&j), "{\"a\\\"b\":1}");
}

static void utf8_passes_and_other_bytes_are_replaced(void **state)
{
    (void)state;
    assert_string_equal(quoted("10 \xE2\x82\xAC \xF0\x9F\x93\xA6"),
                        "\"10 \xE2\x82\xAC \xF0\x9F\x93\xA6\"");
    assert_string_equal(quoted("a\xFF\xE2\x82z\xE2\x82"),
                        "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void the_buffer_grows_with_the_text(void **state)
{
    struct json_out j = json_out_new(arena);
    char *big = arena_alloc(arena, 5001);
    size_t expected = 2;

    (void)state;
    memset(big, 'x', 5000);
    json_out_open(&j, NULL, '[');
    for (int i = 0; i < 20; i++) {
        json_out_str(&j, NULL, big);
        json_out_str(&j, NULL, "\n");
        expected += 5002 + 4 + (i ? 2U : 1U);
    }
    json_out_close(&j, ']');
    assert_int_equal(strlen(json_out_text(&j)), expected);
    assert_string_equal(json_out_text(&j) + expected - 8, "x\",\"\\n\"]");
}

static void a_text_of_any_length_ends_within_its_buffer(void **state)
{
    char *value = arena_alloc(arena, 601);

    (void)state;
    for (size_t len = 0; len <= 600; len++) {
        struct json_out j = json_out_new(arena);

        json_out_raw(&j, NULL, value);
        assert_int_equal(strlen(json_out_text(&j)), len);
        assert_true(j.len < j.cap);
        value[len] = len < 600 ? 'x' : '\0';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects_and_arrays_nest_with_commas_where_they_belong,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(values_in_an_array_have_no_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(integers_keep_all_their_digits, setup, teardown),
        cmocka_unit_test_setup_teardown(special_characters_are_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(keys_are_escaped_too, setup, teardown),
        cmocka_unit_test_setup_teardown(utf8_passes_and_other_bytes_are_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(the_buffer_grows_with_the_text, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_of_any_length_ends_within_its_buffer, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("json_out", tests, NULL, NULL);
}
