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

static int run(char *program, glob_t *files)
{
    int status = -1;
    pid_t child;

    files->gl_pathv[0] = program;
    child = fork();
    if (child == 0) {
        execv(program, files->gl_pathv);
        perror(program);
        _exit(127);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static int add_files(const char *folder, const char *name, int append, glob_t *files)
{
    return glob(arena_printf(arena, "fuzz/%s/%s/*", folder, name), GLOB_DOOFFS | append, NULL,
                files);
}

/* The state is the target's source, "fuzz/order_post.c". */
static void holds_for_all_that_is_known(void **state)
{
    const char *file = strrchr(*state, '/') + 1;
    const char *name = arena_strndup(arena, file, strcspn(file, "."));
    glob_t files = {.gl_offs = 1}; /* room for the program's name */

    assert_int_equal(add_files("corpus", name, 0, &files), 0); /* there must be one */
    (void)add_files("regression", name, GLOB_APPEND, &files);
    assert_int_equal(run(arena_printf(arena, "%s/%s", programs, name), &files), 0);
    globfree(&files);
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
