/* test_config.c - settings from a real environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "config.h"

struct settings {
    const char *url, *password;
    int64_t port, any;
    bool sample;
};

#define AT(field) offsetof(struct settings, field)

static const struct config_key keys[] = {
    {"T_URL",      CONFIG_STR,    AT(url),      NULL,    0,         0,         "where it is" },
    {"T_PASSWORD", CONFIG_SECRET, AT(password), "",      0,         0,         "its password"},
    {"T_PORT",     CONFIG_INT,    AT(port),     "8080",  1,         65535,     "to listen on"},
    {"T_ANY",      CONFIG_INT,    AT(any),      "-5",    INT64_MIN, INT64_MAX, "no bound"    },
    {"T_SAMPLE",   CONFIG_BOOL,   AT(sample),   "false", 0,         0,         "load samples"},
};
enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

static struct arena *arena;
static struct settings settings;
static char secret_path[] = P_tmpdir "/test_config.XXXXXX";

static int setup(void **state)
{
    static const char *const names[] = {"T_URL",  "T_PASSWORD", "T_PASSWORD_FILE",
                                        "T_PORT", "T_ANY",      "T_SAMPLE"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    arena = arena_new();
    settings = (struct settings){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct err load(void)
{
    return config_load(arena, keys, NKEYS, &settings);
}

static void assert_refused(const char *msg)
{
    struct err err = load();

    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, msg);
}

static void write_secret(const char *bytes, size_t len)
{
    FILE *f = fopen(secret_path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    fclose(f);
    setenv("T_PASSWORD_FILE", secret_path, 1);
}

static void what_is_not_set_takes_its_fallback(void **state)
{
    (void)state;
    setenv("T_URL", "postgresql://x", 1);
    setenv("T_SAMPLE", "", 1); /* empty is not set */
    assert_int_equal(load().code, ERR_OK);
    assert_string_equal(settings.url, "postgresql://x");
    assert_string_equal(settings.password, "");
    assert_int_equal(settings.port, 8080);
    assert_int_equal(settings.any, -5);
    assert_false(settings.sample);
}

static void what_is_set_is_taken_and_kept(void **state)
{
    static char variable[] = "T_URL=u";

    (void)state;
    putenv(variable);
    setenv("T_PASSWORD", "p", 1);
    setenv("T_PORT", "65535", 1);
    setenv("T_SAMPLE", "true", 1);
    assert_int_equal(load().code, ERR_OK);
    variable[6] = 'x'; /* the value was copied */
    assert_string_equal(settings.url, "u");
    assert_string_equal(settings.password, "p");
    assert_int_equal(settings.port, 65535);
    assert_true(settings.sample);
}

static void all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    setenv("T_PASSWORD", "p", 1);
    setenv("T_PASSWORD_FILE", "/nonexistent/secret", 1);
    setenv("T_PORT", "70000", 1);
    setenv("T_SAMPLE", "yes", 1);
    assert_refused("T_URL is required: where it is\n"
                   "T_PASSWORD and T_PASSWORD_FILE are both set\n"
                   "T_PASSWORD_FILE: cannot use /nonexistent/secret: No such file or directory\n"
                   "T_PORT must be a whole number from 1 to 65535, not \"70000\"\n"
                   "T_SAMPLE must be true or false, not \"yes\"");
}

static void only_whole_numbers_are_numbers(void **state)
{
    static const char *const wrong[] = {"0",    "65536", "-1",  "1.5",
                                        "1e3",  " 1",    "1 ",  "+1",
                                        "0x10", "-",     "ten", "99999999999999999999"};

    (void)state;
    setenv("T_URL", "u", 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        setenv("T_PORT", wrong[i], 1);
        assert_refused(arena_printf(
            arena, "T_PORT must be a whole number from 1 to 65535, not \"%s\"", wrong[i]));
    }
}

static void a_number_that_no_int64_holds_is_none(void **state)
{
    static const char *const wrong[] = {"9223372036854775808", "-9223372036854775809", "-", "x"};

    (void)state;
    setenv("T_URL", "u", 1);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        setenv("T_ANY", wrong[i], 1);
        assert_refused(arena_printf(arena,
                                    "T_ANY must be a whole number from -9223372036854775808 to "
                                    "9223372036854775807, not \"%s\"",
                                    wrong[i]));
    }
    setenv("T_ANY", "-9223372036854775808", 1);
    assert_int_equal(load().code, ERR_OK);
    assert_int_equal(settings.any, INT64_MIN);
}

static void a_secret_may_come_from_a_file_less_its_last_newline(void **state)
{
    (void)state;
    setenv("T_URL", "u", 1);
    write_secret("two\nlines\n", 10);
    assert_int_equal(load().code, ERR_OK);
    assert_string_equal(settings.password, "two\nlines");
    write_secret("bare", 4);
    assert_int_equal(load().code, ERR_OK);
    assert_string_equal(settings.password, "bare");
}

static void a_secret_file_that_cannot_be_meant_is_refused(void **state)
{
    static char big[64 * 1024 + 1];
    const char *start = arena_printf(arena, "T_PASSWORD_FILE: cannot use %s: ", secret_path);

    (void)state;
    setenv("T_URL", "u", 1);
    write_secret("\n", 1);
    assert_refused(arena_printf(arena, "%sempty", start));
    write_secret("", 0);
    assert_refused(arena_printf(arena, "%sempty", start));
    write_secret("a\0b", 3);
    assert_refused(arena_printf(arena, "%sholds a NUL byte", start));
    memset(big, 'x', sizeof(big));
    write_secret(big, sizeof(big));
    assert_refused(arena_printf(arena, "%slonger than 64 KiB", start));
    write_secret(big, sizeof(big) - 1);
    assert_int_equal(load().code, ERR_OK);
    assert_int_equal(strlen(settings.password), sizeof(big) - 1);
    setenv("T_PASSWORD_FILE", "/", 1);
    assert_refused("T_PASSWORD_FILE: cannot use /: Is a directory");
}

static void help_lists_every_setting(void **state)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    config_help(out, keys, NKEYS);
    fclose(out);
    assert_string_equal(text, "  T_URL                    where it is (required)\n"
                              "  T_PASSWORD               its password; or T_PASSWORD_FILE\n"
                              "  T_PORT                   to listen on; 1 to 65535 (8080)\n"
                              "  T_ANY                    no bound; -9223372036854775808 to "
                              "9223372036854775807 (-5)\n"
                              "  T_SAMPLE                 load samples (false)\n");
    free(text);
}

/* What config_log() writes to standard error. */
static const char *logged(void)
{
    FILE *file = tmpfile();
    int real_stderr = dup(STDERR_FILENO);
    char *text = arena_alloc(arena, 4096);

    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    config_log(keys, NKEYS, &settings);
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    rewind(file);
    (void)!fread(text, 1, 4095, file);
    fclose(file);
    return text;
}

static void the_log_shows_settings_but_no_secret(void **state)
{
    const char *text;

    (void)state;
    setenv("T_URL", "u1", 1);
    setenv("T_PASSWORD", "hunter2", 1);
    assert_int_equal(load().code, ERR_OK);
    text = logged();
    assert_non_null(strstr(text, "\"msg\":\"config T_URL=u1\""));
    assert_non_null(strstr(text, "\"msg\":\"config T_PASSWORD is set\""));
    assert_non_null(strstr(text, "\"msg\":\"config T_PORT=8080\""));
    assert_non_null(strstr(text, "\"msg\":\"config T_SAMPLE=false\""));
    assert_null(strstr(text, "hunter2"));
    unsetenv("T_PASSWORD");
    assert_int_equal(load().code, ERR_OK);
    assert_non_null(strstr(logged(), "config T_PASSWORD is not set"));
}

static int make_secret_file(void **state)
{
    int fd = mkstemp(secret_path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int remove_secret_file(void **state)
{
    (void)state;
    return unlink(secret_path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_set_takes_its_fallback),
        TEST(what_is_set_is_taken_and_kept),
        TEST(all_mistakes_are_told_at_once),
        TEST(only_whole_numbers_are_numbers),
        TEST(a_number_that_no_int64_holds_is_none),
        TEST(a_secret_may_come_from_a_file_less_its_last_newline),
        TEST(a_secret_file_that_cannot_be_meant_is_refused),
        TEST(help_lists_every_setting),
        TEST(the_log_shows_settings_but_no_secret),
    };

    return cmocka_run_group_tests_name("config", tests, make_secret_file, remove_secret_file);
}
