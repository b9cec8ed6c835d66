/* test_journal.c - lines that survive the process that wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "journal.h"
#include "log.h"

static struct arena *arena;
static struct journal *journal;
static char path[] = "/tmp/waybill-journal-XXXXXX";
static char seen[256]; /* the lines of the last opening, each with a | */

static int setup(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    arena = arena_new();
    log_init("test", "test", "error");
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    journal_close(journal);
    journal = NULL;
    arena_free(arena);
    unlink(path);
    memset(path + strlen(path) - 6, 'X', 6); /* for mkstemp() again */
    return 0;
}

static struct err note(void *arg, struct arena *a, const char *line, size_t len)
{
    (void)arg, (void)a;
    assert_int_equal(strlen(line), len);
    if (strcmp(line, "bad") == 0)
        return (struct err){ERR_INVALID, "it is bad"};
    strncat(seen, line, sizeof(seen) - strlen(seen) - 1);
    strncat(seen, "|", sizeof(seen) - strlen(seen) - 1);
    return OK;
}

static struct err reopen(void)
{
    journal_close(journal);
    journal = NULL;
    seen[0] = '\0';
    return journal_open(arena, path, note, NULL, &journal);
}

static void append(const char *text)
{
    FILE *f = fopen(path, "a");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void lines_come_back_in_order_each_time(void **state)
{
    (void)state;
    assert_int_equal(reopen().code, ERR_OK);
    assert_string_equal(seen, "");
    assert_int_equal(journal_append(journal, arena, "one").code, ERR_OK);
    assert_int_equal(journal_append(journal, arena, "two").code, ERR_OK);
    journal_sync(journal, journal_end(journal));
    assert_int_equal(reopen().code, ERR_OK);
    assert_string_equal(seen, "one|two|");
    assert_int_equal(journal_append(journal, arena, "three").code, ERR_OK);
    assert_int_equal(reopen().code, ERR_OK);
    assert_string_equal(seen, "one|two|three|");
}

static void a_line_that_a_crash_cut_short_is_dropped_for_good(void **state)
{
    (void)state;
    append("one\ntw");
    assert_int_equal(reopen().code, ERR_OK);
    assert_string_equal(seen, "one|");
    assert_int_equal(journal_append(journal, arena, "three").code, ERR_OK);
    assert_int_equal(reopen().code, ERR_OK);
    assert_string_equal(seen, "one|three|");
}

static void a_line_that_is_refused_is_named(void **state)
{
    struct err err;

    (void)state;
    append("one\nbad\n");
    err = reopen();
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, "line 2 of the journal is damaged: it is bad");
}

static void one_process_has_it_open_at_a_time(void **state)
{
    struct journal *second = NULL;
    struct err err;

    (void)state;
    assert_int_equal(reopen().code, ERR_OK);
    err = journal_open(arena, path, note, NULL, &second);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.msg, arena_printf(arena, "%s is in use by another process", path));
}

static void a_file_that_cannot_be_made_is_an_error(void **state)
{
    struct err err = journal_open(arena, "/no/such/folder/journal", note, NULL, &journal);

    (void)state;
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.msg, "cannot open /no/such/folder/journal"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_come_back_in_order_each_time),
        TEST(a_line_that_a_crash_cut_short_is_dropped_for_good),
        TEST(a_line_that_is_refused_is_named),
        TEST(one_process_has_it_open_at_a_time),
        TEST(a_file_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests_name("provider's journal", tests, NULL, NULL);
}
