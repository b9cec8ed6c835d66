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

struct twin {
    pthread_t thread;
    struct arena *arena;
    struct web_reply reply;
};

static void *post_slowly(void *arg)
{
    struct twin *t = arg;

    t->reply = web_request(t->arena, note.port, "POST", "/notes/slow",
                           arena_printf(t->arena, "%sIdempotency-Key: race\r\n", note.alice),
                           "{\"text\":\"a\"}");
    return NULL;
}

static void of_two_at_once_one_has_the_effect_and_both_its_answer(void **state)
{
    struct twin twins[2];
    int replayed = 0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        twins[i].arena = arena_new();
        assert_int_equal(pthread_create(&twins[i].thread, NULL, post_slowly, &twins[i]), 0);
    }
    wait_until(atomic_load(&note.waiting) == 2);
    atomic_store(&note.gate_open, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(twins[i].thread, NULL);
        assert_int_equal(twins[i].reply.status, 201);
        replayed += note_replayed(&twins[i].reply) != NULL;
    }
    assert_string_equal(twins[0].reply.body, twins[1].reply.body);
    assert_int_equal(replayed, 1);
    assert_int_equal(note_count(), 1);
    arena_free(twins[0].arena);
    arena_free(twins[1].arena);
}

static void fingerprint_of(const char *body, char out[65])
{
    struct idempotency key;

    assert_int_equal(
        idempotency_key(&key, BOB, "any", "POST", "/notes/late", body, strlen(body)).code, OK.code);
    memcpy(out, key.fingerprint, 65);
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
        TEST(of_two_at_once_one_has_the_effect_and_both_its_answer),
        TEST(an_answer_that_comes_second_is_undone_and_the_first_one_given),
        TEST(an_answer_that_comes_second_to_another_request_is_422),
    };

    return cmocka_run_group_tests(tests, notes_start, notes_stop);
}
