/* test_id.c - UUIDs of version 7, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "id.h"

enum { THREADS = 4, IDS = 20000, ALL = THREADS * IDS };

struct batch {
    struct arena *arena;
    const char *ids[IDS];
};

static void *make_ids(void *batch)
{
    struct batch *b = batch;

    for (int i = 0; i < IDS; i++)
        b->ids[i] = id_new(b->arena);
    return NULL;
}

/* In a thread of its own, whose ids have no history. */
static struct batch *ids_of_a_new_thread(struct arena *a)
{
    struct batch *b = arena_alloc(a, sizeof(*b));
    pthread_t thread;

    b->arena = a;
    assert_int_equal(pthread_create(&thread, NULL, make_ids, b), 0);
    pthread_join(thread, NULL);
    return b;
}

static void a_new_id_is_a_valid_uuid_of_version_7(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const char *id = id_new(a);

        assert_true(id_valid(id));
        assert_int_equal(id[14], '7');
        assert_non_null(strchr("89ab", id[19]));
    }
    arena_free(a);
}

static void an_id_begins_with_its_time(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    clock_freeze(0x0123456789AB);
    assert_memory_equal(ids_of_a_new_thread(a)->ids[0], "01234567-89ab-7", 15);
    clock_freeze(0);
    arena_free(a);
}

static void ids_of_one_thread_sort_in_the_order_of_their_making(void **state)
{
    struct arena *a = arena_new();
    const struct batch *b = ids_of_a_new_thread(a);

    (void)state;
    for (int i = 1; i < IDS; i++)
        assert_true(strcmp(b->ids[i - 1], b->ids[i]) < 0);
    arena_free(a);
}

/* More of them than the counter has steps. */
static void they_do_so_while_the_clock_stands_still(void **state)
{
    struct arena *a = arena_new();
    const struct batch *b;

    (void)state;
    clock_freeze(1795173300123);
    b = ids_of_a_new_thread(a);
    clock_freeze(0);
    for (int i = 1; i < IDS; i++)
        assert_true(strcmp(b->ids[i - 1], b->ids[i]) < 0);
    arena_free(a);
}

static void they_do_so_when_the_clock_steps_back(void **state)
{
    struct arena *a = arena_new();
    const char *before, *after;

    (void)state;
    clock_freeze(4000000000000);
    before = id_new(a);
    clock_freeze(3000000000000);
    after = id_new(a);
    clock_freeze(0);
    assert_true(strcmp(before, after) < 0);
    arena_free(a);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void ids_of_many_threads_never_repeat(void **state)
{
    static struct batch batches[THREADS];
    static const char *all[ALL];
    pthread_t threads[THREADS];

    (void)state;
    clock_freeze(1795173300123); /* all within one millisecond: the worst case */
    for (int i = 0; i < THREADS; i++) {
        batches[i].arena = arena_new();
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, &batches[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        memcpy((void *)(all + (size_t)i * IDS), batches[i].ids, sizeof(batches[i].ids));
    }
    clock_freeze(0);
    qsort(all, ALL, sizeof(all[0]), by_text);
    for (int i = 1; i < ALL; i++)
        assert_string_not_equal(all[i - 1], all[i]);
    for (int i = 0; i < THREADS; i++)
        arena_free(batches[i].arena);
}

static void only_the_canonical_form_is_valid(void **state)
{
    static const char *const wrong[] = {
        "",
        "-",
        "01a1f8c6-411d-717b-962e-43fc756da8e",
        "01a1f8c6-411d-717b-962e-43fc756da8e3a",
        "01A1F8C6-411D-717B-962E-43FC756DA8E3",
        "01a1f8c6411d717b962e43fc756da8e3",
        "{01a1f8c6-411d-717b-962e-43fc756da8e}",
        "01a1f8c6-411d-717b-962e-43fc756da8g3",
        "01a1f8c64-11d-717b-962e-43fc756da8e3",
        "01a1f8c6-411d-717b-962e-43fc756da8e\n",
        "01a1f8c6-411d-717b-962e_43fc756da8e3",
    };

    (void)state;
    assert_true(id_valid("01a1f8c6-411d-717b-962e-43fc756da8e3"));
    assert_true(id_valid("6ba7b810-9dad-11d1-80b4-00c04fd430c8")); /* version 1 */
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(id_valid(wrong[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_id_is_a_valid_uuid_of_version_7),
        cmocka_unit_test(an_id_begins_with_its_time),
        cmocka_unit_test(ids_of_one_thread_sort_in_the_order_of_their_making),
        cmocka_unit_test(they_do_so_while_the_clock_stands_still),
        cmocka_unit_test(they_do_so_when_the_clock_steps_back),
        cmocka_unit_test(ids_of_many_threads_never_repeat),
        cmocka_unit_test(only_the_canonical_form_is_valid),
    };

    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
