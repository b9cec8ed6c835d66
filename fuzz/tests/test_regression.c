/* test_regression.c - every fuzz target over its corpus and over what was found before:
 * one test each. Targets are programs of their own, for each brings its service along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"

enum { MAX_TARGETS = 100 };

static struct arena *arena;
static const char *programs; /* the folder of the targets */

static int run(char *const argv[])
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        execv(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static size_t files_of(const char *folder, const char *name, glob_t *out)
{
    *out = (glob_t){.gl_pathc = 0};
    (void)glob(arena_printf(arena, "fuzz/%s/%s/*", folder, name), 0, NULL, out);
    return out->gl_pathc;
}

/* The state is the target's source, "fuzz/order_post.c". */
static void holds_for_all_that_is_known(void **state)
{
    const char *file = strrchr(*state, '/') + 1;
    const char *name = arena_strndup(arena, file, strcspn(file, "."));
    glob_t corpus, regression;
    const size_t n = files_of("corpus", name, &corpus);
    const size_t more = files_of("regression", name, &regression);
    char **argv = arena_array(arena, char *, 1 + n + more + 1);

    argv[0] = arena_printf(arena, "%s/%s", programs, name);
    for (size_t i = 0; i < n; i++)
        argv[1 + i] = corpus.gl_pathv[i];
    for (size_t i = 0; i < more; i++)
        argv[1 + n + i] = regression.gl_pathv[i];
    assert_true(n > 0); /* a target has a corpus */
    assert_int_equal(run(argv), 0);
    globfree(&corpus);
    globfree(&regression);
}

/* Beside the targets, fuzz/ holds fuzz_*.c: what they share. */
int main(int argc, char **argv)
{
    static struct CMUnitTest tests[MAX_TARGETS];
    glob_t sources = {.gl_offs = 0};
    size_t n = 0;
    int failed;

    (void)argc;
    arena = arena_new();
    programs = arena_printf(arena, "%s/..", dirname(argv[0]));
    if (glob("fuzz/*_*.c", 0, NULL, &sources) != 0) {
        (void)fprintf(stderr, "run by: make test\n");
        return 1;
    }
    for (size_t i = 0; i < sources.gl_pathc && n < MAX_TARGETS; i++) {
        char *source = sources.gl_pathv[i];

        if (strncmp(source, "fuzz/fuzz_", strlen("fuzz/fuzz_")) != 0)
            tests[n++] = (struct CMUnitTest){
                .name = source, .test_func = holds_for_all_that_is_known, .initial_state = source};
    }
    failed = _cmocka_run_group_tests("fuzz", tests, n, NULL, NULL);
    globfree(&sources);
    arena_free(arena);
    return failed;
}
