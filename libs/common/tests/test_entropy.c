/* test_entropy.c - random bytes from a thread's store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "entropy.h"

enum { PIECE = 7, PIECES = 5000 }; /* a store is no multiple of a piece */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, PIECE);
}

static void no_bytes_are_given_twice(void **state)
{
    static unsigned char pieces[PIECES][PIECE];

    (void)state;
    for (size_t i = 0; i < PIECES; i++)
        entropy_bytes(pieces[i], PIECE);
    qsort(pieces, PIECES, PIECE, by_bytes);
    for (size_t i = 1; i < PIECES; i++)
        assert_memory_not_equal(pieces[i - 1], pieces[i], PIECE);
}

static void a_whole_store_can_be_had_at_once(void **state)
{
    unsigned char first[ENTROPY_MOST], second[ENTROPY_MOST], one;

    (void)state;
    entropy_bytes(&one, 1); /* so that it is not full */
    entropy_bytes(first, sizeof(first));
    entropy_bytes(second, sizeof(second));
    assert_memory_not_equal(first, second, sizeof(first));
}

/* A byte that nobody fills would be the same each time. */
static void every_byte_is_random(void **state)
{
    unsigned char seen[ENTROPY_MOST] = {0};

    (void)state;
    for (int i = 0; i < 32; i++) {
        unsigned char now[ENTROPY_MOST];

        entropy_bytes(now, sizeof(now));
        for (size_t at = 0; at < sizeof(now); at++)
            seen[at] |= now[at];
    }
    for (size_t at = 0; at < sizeof(seen); at++)
        assert_true(seen[at] != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bytes_are_given_twice),
        cmocka_unit_test(a_whole_store_can_be_had_at_once),
        cmocka_unit_test(every_byte_is_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
