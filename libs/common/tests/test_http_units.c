/* test_http_units.c - what the HTTP server puts around a handler: the caller's rights
 * and the transaction. With a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "note_app.h"

enum { CALLERS = 6, SHOWS = 30 };

/* --- rights --------------------------------------------------------------- */

static void a_token_tells_the_handler_who_calls(void **state)
{
    struct web_reply r = web_request(note.arena, note.port, "GET", "/me", note.alice, NULL);

    (void)state;
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "{\"user\":\"" ALICE "\",\"role\":\"customer\"}");
    r = web_request(note.arena, note.port, "GET", "/admin", note.admin, NULL);
    assert_string_equal(r.body, "{\"user\":\"" ALICE "\",\"role\":\"admin\"}");
}

static void a_public_or_internal_route_has_no_caller(void **state)
{
    static const char nobody[] = "{\"user\":\"\",\"role\":\"none\"}";

    (void)state;
    assert_string_equal(web_get(note.arena, note.port, "/public").body, nobody);
    assert_string_equal(web_get(note.arena, note.port, "/internal/who").body, nobody);
    assert_string_equal(web_request(note.arena, note.port, "GET", "/public", note.alice, NULL).body,
                        nobody);
}

static void without_a_token_it_is_401(void **state)
{
    static const char *const headers[] = {"", "Authorization: Basic YTpi\r\n",
                                          "Authorization: Bearer\r\n", "Authorization: \r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct web_reply r = web_request(note.arena, note.port, "GET", "/me", headers[i], NULL);

        assert_int_equal(r.status, 401);
        assert_string_equal(web_problem(note.arena, &r, "detail"), "an access token is needed");
        assert_string_equal(web_header(note.arena, &r, "WWW-Authenticate"), "Bearer");
    }
}

static void with_a_bad_token_it_is_401(void **state)
{
    const char *const headers[] = {note.foreigner, "Authorization: Bearer x\r\n",
                                   "Authorization: Bearer a.b.c\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct web_reply r = web_request(note.arena, note.port, "GET", "/admin", headers[i], NULL);

        assert_int_equal(r.status, 401);
        assert_string_equal(web_header(note.arena, &r, "WWW-Authenticate"),
                            "Bearer error=\"invalid_token\"");
    }
}

static void the_scheme_is_read_in_any_case(void **state)
{
    char *header = arena_strdup(note.arena, note.alice);

    (void)state;
    memcpy(strstr(header, "Bearer"), "bEARER", 6);
    assert_int_equal(web_request(note.arena, note.port, "GET", "/me", header, NULL).status, 200);
}

static void a_customer_is_no_administrator(void **state)
{
    struct web_reply r = web_request(note.arena, note.port, "GET", "/admin", note.alice, NULL);

    (void)state;
    assert_int_equal(r.status, 403);
    assert_string_equal(web_problem(note.arena, &r, "detail"), "only an administrator may do this");
}

static void a_refused_caller_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(note_post("/plain", JSON, NULL, "a").status, 401);
    assert_int_equal(note_post("/notes", note.foreigner, "k", "a").status, 401);
    assert_int_equal(note_count(), 0);
}

/* How many answers were for somebody else, or none. */
static void *show_token(void *arg)
{
    struct arena *a = arena_new();
    intptr_t wrong = 0;

    for (int i = 0; i < SHOWS; i++) {
        struct web_reply r = web_request(a, note.port, "GET", "/me", arg, NULL);

        wrong += r.status != 200 || !strstr(r.body, arg == note.bob ? BOB : ALICE);
        arena_reset(a);
    }
    arena_free(a);
    return (void *)wrong;
}

static void callers_at_the_same_time_are_told_apart(void **state)
{
    pthread_t threads[CALLERS];
    void *wrong;

    (void)state;
    for (int i = 0; i < CALLERS; i++) {
        const char *token = i % 2 ? note.bob : note.alice;

        assert_int_equal(pthread_create(&threads[i], NULL, show_token, (void *)(uintptr_t)token),
                         0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

/* --- the unit of work ----------------------------------------------------- */

static void an_answer_commits_and_an_error_does_not(void **state)
{
    (void)state;
    assert_int_equal(note_post("/plain", note.alice, NULL, "a").status, 201);
    assert_int_equal(note_count(), 1);
    assert_int_equal(note_post("/plain", note.alice, NULL, "odd").status, 422);
    assert_int_equal(note_count(), 1);
}

#define TEST(name) cmocka_unit_test_setup(name, notes_clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_tells_the_handler_who_calls),
        TEST(a_public_or_internal_route_has_no_caller),
        TEST(without_a_token_it_is_401),
        TEST(with_a_bad_token_it_is_401),
        TEST(the_scheme_is_read_in_any_case),
        TEST(a_customer_is_no_administrator),
        TEST(a_refused_caller_changes_nothing),
        TEST(callers_at_the_same_time_are_told_apart),
        TEST(an_answer_commits_and_an_error_does_not),
    };

    return cmocka_run_group_tests(tests, notes_start, notes_stop);
}
