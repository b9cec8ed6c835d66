/* test_password.c - hashes at the lowest cost that libsodium takes, so that this is quick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "metrics.h"
#include "password.h"

static const struct password_options cheap = {
    .memory_kib = 8, .passes = 1, .at_once = 2, .wait_ms = 10000};

static struct arena *arena;
static struct password_hasher *hasher;

static int setup(void **state)
{
    struct err err;

    (void)state;
    arena = arena_new();
    err = password_open(arena, &cheap, &hasher);
    return err.code ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    password_close(hasher);
    arena_free(arena);
    return 0;
}

static const char *hash(const char *password)
{
    const char *text = NULL;

    assert_int_equal(password_hash(hasher, arena, password, &text).code, ERR_OK);
    return text;
}

static bool fits(const char *text, const char *password)
{
    bool yes = false;

    assert_int_equal(password_verify(hasher, arena, text, password, &yes).code, ERR_OK);
    return yes;
}

static void a_password_fits_its_own_hash_only(void **state)
{
    const char *text = hash("correct horse");

    (void)state;
    assert_true(fits(text, "correct horse"));
    assert_false(fits(text, "correct horsf"));
    assert_false(fits(text, "correct hors"));
    assert_false(fits(text, ""));
}

static void a_hash_is_argon2id_with_a_salt_of_its_own(void **state)
{
    const char *one = hash("correct horse"), *other = hash("correct horse");

    (void)state;
    assert_int_equal(strncmp(one, "$argon2id$v=19$m=8,t=1,p=1$", 27), 0);
    assert_string_not_equal(one, other);
}

static void nobodys_password_fits_nothing_yet_is_looked_for(void **state)
{
    const char *counter = "waybill_password_seconds_count{op=\"verify\"} ";
    const char *before = strstr(metrics_text(arena), counter), *after;

    (void)state;
    assert_non_null(before);
    assert_false(fits(NULL, "correct horse"));
    assert_false(fits(NULL, ""));
    after = strstr(metrics_text(arena), counter);
    assert_int_equal(strtol(after + strlen(counter), NULL, 10),
                     strtol(before + strlen(counter), NULL, 10) + 2);
}

static void what_is_no_hash_is_an_error_and_no_mismatch(void **state)
{
    bool yes = true;

    (void)state;
    assert_int_equal(password_verify(hasher, arena, "plain text", "x", &yes).code, ERR_INTERNAL);
    assert_false(yes);
}

static void a_hash_of_another_cost_is_outdated_but_still_fits(void **state)
{
    const char *text = hash("correct horse");
    struct password_options twice = cheap;
    struct password_hasher *dearer;
    bool yes = false;

    (void)state;
    twice.passes = 2;
    assert_int_equal(password_open(arena, &twice, &dearer).code, ERR_OK);
    assert_false(password_outdated(hasher, text));
    assert_true(password_outdated(dearer, text));
    assert_int_equal(password_verify(dearer, arena, text, "correct horse", &yes).code, ERR_OK);
    assert_true(yes);
    password_close(dearer);
}

static void a_cost_out_of_range_is_refused(void **state)
{
    const struct password_options bad[] = {
        {.memory_kib = 7,         .passes = 1        },
        {.memory_kib = 8,         .passes = 0        },
        {.memory_kib = INT64_MAX, .passes = 1        },
        {.memory_kib = 8,         .passes = INT64_MAX},
        {.memory_kib = -8,        .passes = -1       },
    };
    struct password_hasher *none;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(password_open(arena, &bad[i], &none).code, ERR_INVALID);
}

/* --- many at once ----------------------------------------------------------------- */

enum { THREADS = 8, ROUNDS = 20 };

static void *verify_often(void *text)
{
    struct arena *own = arena_new();
    intptr_t wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        bool yes = false;
        struct err err = password_verify(hasher, own, text, "correct horse", &yes);

        wrong += err.code || !yes;
    }
    arena_free(own);
    return (void *)wrong;
}

static void threads_take_turns_and_all_get_theirs(void **state)
{
    pthread_t threads[THREADS];
    char text[128];

    (void)state;
    strncpy(text, hash("correct horse"), sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_often, text), 0);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;

        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

static pthread_barrier_t together;

static void *verify_slowly(void *slow)
{
    struct arena *own = arena_new();
    struct err err;
    bool yes;

    pthread_barrier_wait(&together);
    err = password_verify(slow, own, NULL, "correct horse", &yes);
    arena_free(own);
    return (void *)(intptr_t)err.code;
}

/* Of three at once one works, and the others wait much less than it takes. On a machine
 * that is very busy one may come so late that its turn is free again. */
static void who_gets_no_turn_in_time_is_told_so(void **state)
{
    struct password_options opt = {.memory_kib = 64, .passes = 64, .at_once = 1, .wait_ms = 10};
    struct password_hasher *slow = NULL;
    pthread_t threads[3];
    int64_t took = 0;
    int refused = 0;

    (void)state;
    for (; took < 200; opt.passes *= 2) { /* how slow is this here? */
        int64_t start = clock_mono_ms();
        const char *hash;

        password_close(slow);
        assert_int_equal(password_open(arena, &opt, &slow).code, ERR_OK);
        assert_int_equal(password_hash(slow, arena, "correct horse", &hash).code, ERR_OK);
        took = clock_mono_ms() - start;
    }
    pthread_barrier_init(&together, NULL, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, verify_slowly, slow), 0);
    for (size_t i = 0; i < 3; i++) {
        void *code;

        pthread_join(threads[i], &code);
        refused += (intptr_t)code == ERR_UNAVAILABLE;
    }
    assert_in_range(refused, 1, 2);
    pthread_barrier_destroy(&together);
    password_close(slow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_password_fits_its_own_hash_only),
        cmocka_unit_test(a_hash_is_argon2id_with_a_salt_of_its_own),
        cmocka_unit_test(nobodys_password_fits_nothing_yet_is_looked_for),
        cmocka_unit_test(what_is_no_hash_is_an_error_and_no_mismatch),
        cmocka_unit_test(a_hash_of_another_cost_is_outdated_but_still_fits),
        cmocka_unit_test(a_cost_out_of_range_is_refused),
        cmocka_unit_test(threads_take_turns_and_all_get_theirs),
        cmocka_unit_test(who_gets_no_turn_in_time_is_told_so),
    };

    return cmocka_run_group_tests_name("password", tests, setup, teardown);
}
