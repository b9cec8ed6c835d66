/* test_page.c - limits and cursors, with a query string of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "arena.h"
#include "id.h"
#include "json_in.h"
#include "json_out.h"
#include "page.h"

static struct ctx ctx;
static const char *limit, *cursor;

/* In place of http.c's. */
const char *http_query(const struct http_request *req, const char *name)
{
    (void)req;
    return strcmp(name, "limit") == 0 ? limit : strcmp(name, "cursor") == 0 ? cursor : NULL;
}

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    limit = cursor = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static bool anything(const char *key)
{
    (void)key;
    return true;
}

static struct err read_page(struct page *page)
{
    return page_read(&ctx, &(struct http_request){0}, anything, page);
}

/* The cursor that a list ending in 'last' gives its reader. */
static const char *cursor_after(const char *last)
{
    struct json_out j = json_out_new(ctx.arena);
    struct json_in in;

    page_open(&j, &(struct page){.limit = 1}, 0);
    page_close(&j, last);
    in = json_in_parse(ctx.arena, json_out_text(&j), strlen(json_out_text(&j)));
    return json_in_str_or(&in, "next_cursor", 1, 999, NULL);
}

static void without_parameters_it_is_the_first_page(void **state)
{
    struct page page;

    (void)state;
    assert_int_equal(read_page(&page).code, ERR_OK);
    assert_int_equal(page.limit, PAGE_DEFAULT);
    assert_null(page.after);
}

static void a_limit_from_1_to_100_is_taken(void **state)
{
    static const char *const right[] = {"1", "100", "020"};
    static const int64_t values[] = {1, 100, 20};
    struct page page;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        limit = right[i];
        assert_int_equal(read_page(&page).code, ERR_OK);
        assert_int_equal(page.limit, values[i]);
    }
}

static void any_other_limit_is_refused(void **state)
{
    static const char *const wrong[] = {"",    "0",  "101", "-1",  "+5",
                                        "5.0", "5x", " 5",  "ten", "99999999999999999999999"};
    struct page page;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        limit = wrong[i];
        assert_int_equal(read_page(&page).code, ERR_INVALID);
        assert_string_equal(read_page(&page).msg, "limit must be a whole number from 1 to 100");
    }
}

static void a_cursor_leads_to_where_the_last_page_ended(void **state)
{
    char longest[PAGE_MAX_KEY + 1] = "";
    const char *const keys[] = {"x", "01a1f8c6-411d-717b-962e-43fc756da8e3", "sku \xE2\x82\xAC/?",
                                longest};
    struct page page;

    (void)state;
    memset(longest, 'k', PAGE_MAX_KEY);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        cursor = cursor_after(keys[i]);
        assert_non_null(cursor);
        assert_int_equal(strspn(cursor, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789-_"),
                         strlen(cursor));
        assert_int_equal(read_page(&page).code, ERR_OK);
        assert_string_equal(page.after, keys[i]);
    }
}

static void the_last_page_has_no_cursor(void **state)
{
    struct json_out j = json_out_new(ctx.arena);

    (void)state;
    page_open(&j, &(struct page){.limit = 1}, 0);
    page_close(&j, NULL);
    assert_string_equal(json_out_text(&j), "{\"items\":[],\"next_cursor\":null}");
}

static void a_page_shows_no_more_than_its_limit(void **state)
{
    struct json_out j = json_out_new(ctx.arena);

    (void)state;
    assert_int_equal(page_open(&j, &(struct page){.limit = 3}, 2), 2);
    assert_int_equal(page_open(&j, &(struct page){.limit = 3}, 3), 3);
    assert_int_equal(page_open(&j, &(struct page){.limit = 3}, 4), 3);
}

static void a_position_that_cannot_be_one_of_the_list_is_refused(void **state)
{
    struct page page;

    (void)state;
    cursor = cursor_after("not an id");
    assert_int_equal(page_read(&ctx, &(struct http_request){0}, id_valid, &page).code, ERR_INVALID);
    cursor = cursor_after("01900000-0000-7000-8000-000000000001");
    assert_int_equal(page_read(&ctx, &(struct http_request){0}, id_valid, &page).code, ERR_OK);
}

static void a_cursor_that_no_list_gave_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",       "x",         "MTo",    /* 1: and no key */
        "Mjp4",                          /* 2:x */
        "eA",                            /* x */
        "MTp4=",                         /* padding */
        "MTp4 ",  "MT p4",     "MTp5eR", /* 1:yy with a bit set that does not count */
        "MTp4Cg",                        /* a newline in the key */
        "MTr_",                          /* bytes that are no UTF-8 */
        "MTp4+",  "MTp4MTp4%",
    };
    struct page page;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        cursor = wrong[i];
        assert_int_equal(read_page(&page).code, ERR_INVALID);
        assert_string_equal(read_page(&page).msg, "cursor is not one that a list has given");
    }
}

static void a_cursor_longer_than_any_is_refused(void **state)
{
    char *text = arena_alloc(ctx.arena, 100001);
    struct page page;

    (void)state;
    cursor = text;
    memcpy(text, "MTpr", 4); /* 1:k */
    for (size_t n = 4; n <= 176; n += 4) {
        memcpy(text + n - 4, n == 4 ? "MTpr" : "a2tr", 4);
        /* 4 characters hold 3 bytes, 2 of them the prefix: 128 bytes of key fit in 173 */
        assert_int_equal(read_page(&page).code,
                         n * 3 / 4 - 2 <= PAGE_MAX_KEY ? ERR_OK : ERR_INVALID);
    }
    memset(text, 'A', 100000);
    assert_int_equal(read_page(&page).code, ERR_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(without_parameters_it_is_the_first_page),
        TEST(a_limit_from_1_to_100_is_taken),
        TEST(any_other_limit_is_refused),
        TEST(a_cursor_leads_to_where_the_last_page_ended),
        TEST(the_last_page_has_no_cursor),
        TEST(a_page_shows_no_more_than_its_limit),
        TEST(a_position_that_cannot_be_one_of_the_list_is_refused),
        TEST(a_cursor_that_no_list_gave_is_refused),
        TEST(a_cursor_longer_than_any_is_refused),
    };

    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
