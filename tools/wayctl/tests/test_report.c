/* test_report.c - tables for people and for programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "report.h"

struct sheet {
    struct arena *a;
    struct report *r;
    char *text;
};

static int make_sheet(void **state)
{
    struct sheet *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->a = arena_new();
    s->r = report_new(s->a);
    *state = s;
    return 0;
}

static int free_sheet(void **state)
{
    struct sheet *s = *state;

    free(s->text);
    arena_free(s->a);
    free(s);
    return 0;
}

static const char *written(struct sheet *s, void (*write)(const struct report *, FILE *))
{
    size_t len;
    FILE *out = open_memstream(&s->text, &len);

    assert_non_null(out);
    write(s->r, out);
    fclose(out);
    return s->text;
}

static void columns_are_as_wide_as_their_widest_cell_and_numbers_stand_right(void **state)
{
    struct sheet *s = *state;
    struct table *t = report_table(s->r, "products", "sku #on_hand fault");

    TABLE_ROW(t, "A-VERY-LONG-ONE", "7", "odd");
    TABLE_ROW(t, "B", "1000000", NULL);
    assert_string_equal(written(s, report_print), "products:\n"
                                                  "sku              on_hand  fault\n"
                                                  "A-VERY-LONG-ONE        7  odd\n"
                                                  "B                1000000  -\n");
}

static void characters_count_and_not_their_bytes(void **state)
{
    struct sheet *s = *state;
    struct table *t = report_table(s->r, "names", "name next");

    TABLE_ROW(t, "Zo\xc3\xab", "x");
    TABLE_ROW(t, "Jane", "y");
    assert_string_equal(written(s, report_print), "names:\n"
                                                  "name  next\n"
                                                  "Zo\xc3\xab   x\n"
                                                  "Jane  y\n");
}

static void a_record_is_shown_as_lines_and_an_empty_table_as_none(void **state)
{
    struct sheet *s = *state;

    TABLE_ROW(report_record(s->r, "order", "id #total"), "o-1", "250");
    report_table(s->r, "notes", "what");
    assert_string_equal(written(s, report_print), "id     o-1\n"
                                                  "total  250\n"
                                                  "\n"
                                                  "notes: none\n");
}

static void a_strangers_control_characters_never_reach_a_terminal(void **state)
{
    static const char hostile[] = "\x1b[2Jgone\x07\r\n\xc2\x9b"
                                  "31m\xff\"\\";
    struct sheet *s = *state;
    const char *text;

    TABLE_ROW(report_table(s->r, "letters", "body"), hostile);
    text = written(s, report_print);
    for (const char *p = strchr(text, '\n') + 1; *p; p++)
        assert_true(*p == '\n' || (unsigned char)*p >= 0x20);
    assert_non_null(strstr(text, "gone"));
    assert_null(strstr(text, "\xc2\x9b"));
    assert_non_null(strstr(text, "\"\\\n")); /* these two do no harm and are worth reading */
}

static void json_has_numbers_as_numbers_and_null_for_nothing(void **state)
{
    struct sheet *s = *state;
    struct table *t = report_table(s->r, "products", "sku #on_hand #age fault");

    TABLE_ROW(report_record(s->r, "order", "id #total"), "o-1", "9007199254740993");
    TABLE_ROW(t, "A", "-7", NULL, "it says \"no\"\n");
    assert_string_equal(written(s, report_json),
                        "{\"products\":[{\"sku\":\"A\",\"on_hand\":-7,\"age\":null,"
                        "\"fault\":\"it says \\\"no\\\"\\n\"}],"
                        "\"order\":{\"id\":\"o-1\",\"total\":9007199254740993}}\n");
}

static void rows_sort_by_their_first_cell_and_equal_ones_stay_in_order(void **state)
{
    static const char *const times[] = {"3", "1", "2", "1", "0"};
    struct sheet *s = *state;
    struct table *t = report_table(s->r, "timeline", "time mark");

    for (size_t i = 0; i < 40; i++)
        TABLE_ROW(t, times[i % 5], arena_printf(s->a, "%zu", i));
    table_sort(t);
    for (size_t i = 1; i < table_count(t); i++) {
        const int order = strcmp(table_cell(t, i - 1, 0), table_cell(t, i, 0));

        assert_true(order <= 0);
        if (order == 0)
            assert_true(strtol(table_cell(t, i - 1, 1), NULL, 10) <
                        strtol(table_cell(t, i, 1), NULL, 10));
    }
}

int main(void)
{
#define WITH_SHEET(test) cmocka_unit_test_setup_teardown(test, make_sheet, free_sheet)
    const struct CMUnitTest tests[] = {
        WITH_SHEET(columns_are_as_wide_as_their_widest_cell_and_numbers_stand_right),
        WITH_SHEET(characters_count_and_not_their_bytes),
        WITH_SHEET(a_record_is_shown_as_lines_and_an_empty_table_as_none),
        WITH_SHEET(a_strangers_control_characters_never_reach_a_terminal),
        WITH_SHEET(json_has_numbers_as_numbers_and_null_for_nothing),
        WITH_SHEET(rows_sort_by_their_first_cell_and_equal_ones_stay_in_order),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
