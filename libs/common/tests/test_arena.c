/* test_arena.c - memory that goes all at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdalign.h>
#include <string.h>

#include "arena.h"

static int setup(void **state)
{
    *state = arena_new();
    return 0;
}

static int setup_small(void **state)
{
    *state = arena_new_small();
    return 0;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

static void memory_is_zeroed_and_aligned_for_any_type(void **state)
{
    static const unsigned char zeros[300];

    for (size_t size = 1; size <= sizeof(zeros); size++) {
        unsigned char *p = arena_alloc(*state, size);

        assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
        assert_memory_equal(p, zeros, size);
        memset(p, 0xFF, size);
    }
}

static void memory_is_zeroed_again_after_a_reset(void **state)
{
    static const unsigned char zeros[64];

    memset(arena_alloc(*state, sizeof(zeros)), 0xFF, sizeof(zeros));
    arena_reset(*state);
    assert_memory_equal(arena_alloc(*state, sizeof(zeros)), zeros, sizeof(zeros));
}

static void allocations_of_all_sizes_do_not_overlap(void **state)
{
    static const size_t sizes[] = {1, 15, 16, 17, 4000, 8192, 8193, 100000, 3};
    enum { N = sizeof(sizes) / sizeof(sizes[0]) };
    unsigned char *p[N];

    for (int i = 0; i < N; i++) {
        p[i] = arena_alloc(*state, sizes[i]);
        memset(p[i], i + 1, sizes[i]);
    }
    for (int i = 0; i < N; i++)
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(p[i][k], i + 1);
}

static void strings_are_copied(void **state)
{
    char text[] = "order";
    const char *all = arena_strdup(*state, text);
    const char *some = arena_strndup(*state, text, 3);

    memset(text, 'x', 5);
    assert_string_equal(all, "order");
    assert_string_equal(some, "ord");
    assert_string_equal(arena_strndup(*state, text, 0), "");
}

static void printed_text_of_any_length_is_complete(void **state)
{
    const char *text = arena_printf(*state, "%0*d|%s", 20000, 7, "end");

    assert_int_equal(strlen(text), 20004);
    assert_string_equal(text + 19999, "7|end");
}

static void an_error_carries_its_formatted_message(void **state)
{
    struct err err = err_new(*state, ERR_NOT_FOUND, "no order %d", 42);

    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.msg, "no order 42");
}

static void note(void *resource)
{
    static char seen[8];
    const char **last = resource;

    /* Each resource is {name, where to leave the order so far}. */
    strncat(seen, last[0], sizeof(seen) - strlen(seen) - 1);
    last[1] = seen;
}

static void clean_ups_run_once_and_last_one_first(void **state)
{
    const char *first[2] = {"a", NULL}, *second[2] = {"b", NULL};

    arena_defer(*state, note, first);
    arena_defer(*state, note, second);
    assert_null(first[1]);
    arena_reset(*state);
    assert_string_equal(first[1], "ba");
    arena_reset(*state);
    assert_string_equal(first[1], "ba");
}

static void freeing_nothing_is_fine(void **state)
{
    (void)state;
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory_is_zeroed_and_aligned_for_any_type, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_zeroed_again_after_a_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(allocations_of_all_sizes_do_not_overlap, setup, teardown),
        cmocka_unit_test_setup_teardown(allocations_of_all_sizes_do_not_overlap, setup_small,
                                        teardown),
        cmocka_unit_test_setup_teardown(strings_are_copied, setup, teardown),
        cmocka_unit_test_setup_teardown(printed_text_of_any_length_is_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(an_error_carries_its_formatted_message, setup, teardown),
        cmocka_unit_test_setup_teardown(clean_ups_run_once_and_last_one_first, setup, teardown),
        cmocka_unit_test(freeing_nothing_is_fine),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
