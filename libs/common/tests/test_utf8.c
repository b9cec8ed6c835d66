/* test_utf8.c - the edges of every range of well-formed UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "utf8.h"

static void characters_of_each_length_are_measured(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } cases[] = {
        {"a",                1},
        {"\x7F",             1},
        {"\xC2\x80",         2},
        {"\xDF\xBF",         2},
        {"\xE0\xA0\x80",     3},
        {"\xE2\x82\xAC",     3}, /* the euro sign */
        {"\xED\x9F\xBF",     3}, /* just below the surrogates */
        {"\xEE\x80\x80",     3}, /* just above */
        {"\xEF\xBF\xBF",     3},
        {"\xF0\x90\x80\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4}, /* U+10FFFF */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(utf8_len(cases[i].text, strlen(cases[i].text)), cases[i].len);
}

static void malformed_bytes_are_no_character(void **state)
{
    static const char *const cases[] = {
        "\x80",             /* a continuation alone */
        "\xC0\x80",         /* overlong NUL */
        "\xC1\xBF",         /* overlong */
        "\xC3\x28",         /* a lead without continuation */
        "\xE0\x9F\xBF",     /* overlong */
        "\xE2\x28\xA1",     /* wrong second byte */
        "\xE2\x82\x28",     /* wrong third byte */
        "\xED\xA0\x80",     /* the first surrogate */
        "\xED\xBF\xBF",     /* the last one */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xF0\x90\x80\x28", /* wrong fourth byte */
        "\xF4\x90\x80\x80", /* beyond U+10FFFF */
        "\xF5\x80\x80\x80", /* no lead at all */
        "\xFF",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(utf8_len(cases[i], 4), 0);
}

static void a_character_cut_short_is_no_character(void **state)
{
    static const char euro[] = "\xE2\x82\xAC";

    (void)state;
    assert_int_equal(utf8_len(euro, 0), 0);
    assert_int_equal(utf8_len(euro, 1), 0);
    assert_int_equal(utf8_len(euro, 2), 0);
    assert_int_equal(utf8_len(euro, 3), 3);
    assert_int_equal(utf8_len("\xE2\x82", 4), 0); /* stops at the NUL */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_of_each_length_are_measured),
        cmocka_unit_test(malformed_bytes_are_no_character),
        cmocka_unit_test(a_character_cut_short_is_no_character),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
