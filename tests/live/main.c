/* main.c - make fuzz-live: SEED, else the time; MINUTES, else one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "live.h"

static int64_t setting(const char *name, int64_t fallback)
{
    const char *value = getenv(name);

    return value && *value ? strtoll(value, NULL, 10) : fallback;
}

static void answers_are_as_described(void **state)
{
    (void)state;
    assert_true(live_run(&(struct live){
        .seed = (uint64_t)setting("SEED", (int64_t)time(NULL)),
        .seconds = 60 * setting("MINUTES", 1),
        .folder = "build/live",
    }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(answers_are_as_described)};

    mkdir("build/live", 0755);
    return cmocka_run_group_tests_name("fuzz run of the gateway", tests, NULL, NULL);
}
