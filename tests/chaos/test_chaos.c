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
        .report = "build/chaos/report-test.md",
    }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_books_balance_whatever_breaks),
    };

    return cmocka_run_group_tests_name("chaos", tests, NULL, NULL);
}
