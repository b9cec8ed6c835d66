/* test_http_idempotency.c - the Idempotency-Key over HTTP: repeated, reused, raced. With a
 * real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "idempotency.h"
#include "note_app.h"
#include "testing.h"

/* --- the Idempotency-Key ------------------------------------------------------------------------
 */

static void a_key_is_optional(void **state)
{
    (void)state;
    assert_int_equal(note_post("/notes", note.alice, NULL, "a").status, 201);
    assert_int_equal(note_post("/notes", note.alice, NULL, "a").status, 201);
    assert_int_equal(note_count(), 2);
}

static void a_repeated_request_gets_the_first_answer(void **state)
{
    struct web_reply first = note_post("/notes", note.alice, "k", "a"),
                     again = note_post("/notes", note.alice, "k", "a");

    (void)state;
    assert_int_equal(first.status, 201);
    assert_null(note_replayed(&first));
    assert_int_equal(again.status, 201);
    assert_string_equal(note_replayed(&again), "true");
    assert_string_equal(again.body, first.body);
    assert_string_equal(web_header(note.arena, &again, "Location"),
                        web_header(note.arena, &first, "Location"));
    assert_int_equal(note_count(), 1);
}

static void a_key_with_another_request_is_422(void **state)
{
    (void)state;
    assert_int_equal(note_post("/notes", note.alice, "k", "a").status, 201);
    assert_int_equal(note_post("/notes", note.alice, "k", "b").status, 422);
    assert_int_equal(note_count(), 1);
}

static void a_key_belongs_to_its_caller(void **state)
{
    struct web_reply r;

    (void)state;
    assert_int_equal(note_post("/notes", note.alice, "k", "a").status, 201);
    r = note_post("/notes", note.bob, "k", "a");
    assert_int_equal(r.status, 201);
    assert_null(note_replayed(&r));
    assert_int_equal(note_count(), 2);
}

static void a_route_that_takes_no_key_ignores_it(void **state)
{
    struct web_reply r;

    (void)state;
    assert_int_equal(note_post("/plain", note.alice, "k", "a").status, 201);
    r = note_post("/plain", note.alice, "k", "a");
    assert_null(note_replayed(&r));
    assert_int_equal(note_count(), 2);
}

static void only_success_is_remembered(void **state)
{
    struct web_reply r;

    (void)state;
    assert_int_equal(note_post("/notes", note.alice, "k", "odd").status, 422);
    r = note_post("/notes", note.alice, "k", "odd");
    assert_int_equal(r.status, 422);
    assert_string_equal(web_problem(note.arena, &r, "detail"), "an odd note");
    assert_int_equal(note_post("/notes", note.alice, "k", "taken").status, 409);
    assert_int_equal(note_post("/notes", note.alice, "k", "declined").status, 402);
    assert_int_equal(note_post("/notes", note.alice, "k", "b").status, 201);
}

static void a_key_that_is_none_is_400(void **state)
{
    struct web_reply r = note_post("/notes", note.alice, "", "a");

    (void)state;
    assert_int_equal(r.status, 400);
    r = note_post("/notes", note.alice, arena_printf(note.arena, "%0256d", 1), "a");
    assert_int_equal(r.status, 400);
    assert_int_equal(note_count(), 0);
}

static void *post_slowly(void *arg)
{
    struct arena *a = arena_new();
    struct web_reply r =
        web_request(a, note.port, "POST", "/notes/slow",
                    arena_printf(a, "%sIdempotency-Key: race\r\n", note.alice), "{\"text\":\"a\"}");

    *(int *)arg = r.status;
    arena_free(a);
    return NULL;
}

static void a_key_in_use_is_409_until_its_request_is_over(void **state)
{
    struct web_reply again;
    pthread_t thread;
    int status = 0;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, post_slowly, &status), 0);
    wait_until(atomic_load(&note.waiting) == 1);
    assert_int_equal(note_post("/notes/slow", note.alice, "race", "a").status, 409);
    atomic_store(&note.gate_open, true);
    pthread_join(thread, NULL);
    assert_int_equal(status, 201);
    again = note_post("/notes/slow", note.alice, "race", "a");
    assert_string_equal(note_replayed(&again), "true");
    assert_int_equal(note_count(), 1);
}

static void fingerprint_of(const char *body, char out[65])
{
    struct ctx ctx = testing_ctx_open(note.testing);
    struct stored_answer stored;
    struct idempotency key;

    assert_int_equal(idempotency_begin(&ctx, &key, BOB, "any", "POST", "/notes/late", body,
                                       strlen(body), &stored)
                         .code,
                     OK.code);
    memcpy(out, key.fingerprint, 65);
    idempotency_end(&ctx, &key);
    testing_ctx_close(&ctx);
}

static void an_answer_that_comes_second_is_undone_and_the_first_one_given(void **state)
{
    struct web_reply r;

    (void)state;
    fingerprint_of("{\"text\":\"x\"}", note.rival_fingerprint);
    r = note_post("/notes/late", note.alice, "late", "x");
    assert_int_equal(r.status, 201);
    assert_string_equal(r.body, "{\"id\":\"theirs\"}");
    assert_string_equal(note_replayed(&r), "true");
    assert_int_equal(note_count(), 0);
}

static void an_answer_that_comes_second_to_another_request_is_422(void **state)
{
    (void)state;
    fingerprint_of("{\"text\":\"y\"}", note.rival_fingerprint);
    assert_int_equal(note_post("/notes/late", note.alice, "late", "x").status, 422);
    assert_int_equal(note_count(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, notes_clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_optional),
        TEST(a_repeated_request_gets_the_first_answer),
        TEST(a_key_with_another_request_is_422),
        TEST(a_key_belongs_to_its_caller),
        TEST(a_route_that_takes_no_key_ignores_it),
        TEST(only_success_is_remembered),
        TEST(a_key_that_is_none_is_400),
        TEST(a_key_in_use_is_409_until_its_request_is_over),
        TEST(an_answer_that_comes_second_is_undone_and_the_first_one_given),
        TEST(an_answer_that_comes_second_to_another_request_is_422),
    };

    return cmocka_run_group_tests(tests, notes_start, notes_stop);
}
