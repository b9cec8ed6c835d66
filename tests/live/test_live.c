/* test_live.c - a short fuzz run of the gateway among the other tests; make fuzz-live is
 * for longer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "live.h"

static void answers_are_as_described(void **state)
{
    (void)state;
    mkdir("build/live", 0755);
    assert_true(live_run(&(struct live){.seed = 11, .requests = 3000, .folder = "build/live"}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_as_described)};

    return cmocka_run_group_tests_name("fuzz run of the gateway", tests, NULL, NULL);
}
