/* test_chaos.c - a little chaos among the other tests; make chaos is for longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>

#include "chaos.h"

static void the_books_balance_whatever_breaks(void **state)
{
    (void)state;
    mkdir("build/chaos", 0755);
    assert_true(chaos_run(&(struct chaos){
        .seed = 7,
        .run_ms = 12000,
        .gap_ms = 2000,
        .deadline_s = 8,
        .rate = 15,
        .only = "",
        .at_least = 4,
        .report = "build/chaos/report-test.md",
    }));
}

/* Of four faults of one kind and three of the other five struck: both kinds are met. */
static void the_books_balance_when_messages_come_twice_and_queues_are_lost(void **state)
{
    (void)state;
    mkdir("build/chaos", 0755);
    assert_true(chaos_run(&(struct chaos){
        .seed = 8,
        .run_ms = 12000,
        .gap_ms = 1500,
        .deadline_s = 8,
        .rate = 15,
        .only = "come twice|loses the queue",
        .at_least = 5,
        .report = "build/chaos/report-test-messages.md",
    }));
}

static void a_run_that_breaks_nothing_fails(void **state)
{
    (void)state;
    assert_false(chaos_run(&(struct chaos){
        .seed = 9,
        .run_ms = 12000,
        .gap_ms = 1500,
        .only = "no such fault|nor this",
        .at_least = 1,
    }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_balance_whatever_breaks),
        cmocka_unit_test(the_books_balance_when_messages_come_twice_and_queues_are_lost),
        cmocka_unit_test(a_run_that_breaks_nothing_fails),
    };

    return cmocka_run_group_tests_name("chaos", tests, NULL, NULL);
}
