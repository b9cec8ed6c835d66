/* test_service.c - the life of a service, run as a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "outbox.h"
#include "process.h"
#include "service.h"
#include "testing.h"
#include "web.h"

enum { MAX_LOG = 64 * 1024, SERVER_MS = 30000 };

static struct testing *testing;
static struct arena *arena;
static uint16_t port;

/* --- a small service ------------------------------------------------------ */

static char common_sql[MAX_LOG];
const struct migration migrations[] = {
    {"0001_common", common_sql                     },
    {"0002_done",   "CREATE TABLE done (what text)"},
};
const size_t nmigrations = 2;

static struct settings {
    const char *greeting;
    int64_t size;
} settings;

static const struct config_key keys[] = {
    {"GREETING", CONFIG_STR, offsetof(struct settings, greeting), NULL, 0, 0, "a friendly word"},
    {"SIZE",     CONFIG_INT, offsetof(struct settings, size),     "1",  1, 9, "of it"          },
};

static struct err note(struct ctx *ctx, const char *what)
{
    struct db_rows rows;

    return db_exec(ctx, &rows, "INSERT INTO done VALUES ($1)", what);
}

static struct err init(struct ctx *ctx)
{
    if (strcmp(settings.greeting, "fail") == 0)
        return err_new(ctx->arena, ERR_INVALID, "GREETING is not friendly");
    return note(ctx, "init");
}

static struct err job(struct ctx *ctx, void *arg, bool *more)
{
    struct err err;

    *more = false;
    db_unit_begin(ctx, DB_WRITE);
    err = note(ctx, arg);
    return err.code ? err : db_unit_commit(ctx);
}

/* Without waking the relay, as if that had been lost: it would come in a second. */
static struct err announce(struct ctx *ctx, const struct http_request *req,
                           struct http_response *res)
{
    const struct outbox_event e = {
        .type = "test.announced", .subject = "s", .data = "{}", .optional = true};
    struct err err = outbox_add(ctx, &e, NULL);

    (void)req;
    ctx->wakes = 0;
    res->status = 204;
    return err;
}

static const struct http_route routes[] = {
    {"POST", "/announcements", HTTP_PUBLIC, DB_WRITE, false, announce},
};

static char job_name[] = "job";
static const struct service_job jobs[] = {
    {.name = "tester", .step = job, .arg = job_name, .period_ms = 60000, .threads = 2},
};

static const struct service service = {
    .name = "tester",
    .keys = keys,
    .nkeys = sizeof(keys) / sizeof(keys[0]),
    .settings = &settings,
    .routes = routes,
    .nroutes = sizeof(routes) / sizeof(routes[0]),
    .publishes = true,
    .jobs = jobs,
    .njobs = sizeof(jobs) / sizeof(jobs[0]),
    .init = init,
};

/* --- running it ----------------------------------------------------------- */

static struct process run(const char *arg)
{
    return process_run(&service, arg);
}

static const char *said(const struct process *p)
{
    return process_said(arena, p);
}

static int stopped_by(struct process *p, int signal, const char **text)
{
    process_signal(p, signal);
    return process_ended(arena, p, text);
}

static int run_to_end(const char *arg, const char **text)
{
    struct process p = run(arg);

    return process_ended(arena, &p, text);
}

static bool ready(void)
{
    return web_listening(port) && web_get(arena, port, "/readyz").status == 200;
}

static int64_t count(const char *sql)
{
    struct db_rows rows;

    assert_int_equal(db_exec(&testing->ctx, &rows, sql).code, OK.code);
    return db_int(&rows, 0, 0);
}

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static int begin(void **state)
{
    /* Settings that the surroundings of the tests may have. */
    static const char *const foreign[] = {"SIZE", "LOG_LEVEL", "AMQP_PASSWORD_FILE",
                                          "DATABASE_PASSWORD_FILE", "INSTANCE"};

    (void)state;
    testing = testing_open(migrations, 0);
    arena = arena_new();
    port = web_free_port();
    set("PORT", arena_printf(arena, "%u", port));
    set("LISTEN_ADDRESS", "127.0.0.1");
    set("DATABASE_URL", testing->db.url);
    set("GREETING", "hello");
    set("AMQP_HOST", testing_env("TEST_AMQP_HOST"));
    set("AMQP_PORT", testing_env("TEST_AMQP_PORT"));
    set("AMQP_USER", testing_env("TEST_AMQP_USER"));
    set("AMQP_PASSWORD", testing_env("TEST_AMQP_PASSWORD"));
    set("AMQP_VHOST", testing_env("TEST_AMQP_VHOST"));
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        unsetenv(foreign[i]);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    testing_close(testing);
    return 0;
}

/* --- what it is told ---------------------------------------------------------- */

static void help_prints_all_settings(void **state)
{
    static const char *const wanted[] = {"usage: tester", "PORT",     "DATABASE_URL",
                                         "AMQP_HOST",     "GREETING", "a friendly word",
                                         "--healthcheck"};
    const char *text;

    (void)state;
    assert_int_equal(run_to_end("--help", &text), 0);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        assert_non_null(strstr(text, wanted[i]));
    assert_null(strstr(text, "REDIS_HOST")); /* it has no stream */
    assert_null(strstr(text, "JWT_PUBLIC_KEY"));
    assert_int_equal(run_to_end("--version", &text), 0);
    assert_string_equal(text, "tester " SERVICE_VERSION "\n");
    assert_int_equal(run_to_end("--verbose", &text), 1);
    assert_string_equal(text, "tester: what is --verbose? --help tells\n");
}

static void all_mistakes_are_told_at_once_before_anything_starts(void **state)
{
    const char *text;

    (void)state;
    set("PORT", "0");
    set("SIZE", "ten");
    set("LOG_LEVEL", "loud");
    unsetenv("GREETING");
    assert_int_equal(run_to_end("", &text), 1);
    assert_string_equal(text, "tester: PORT must be a whole number from 1 to 65535, not \"0\"\n"
                              "tester: GREETING is required: a friendly word\n"
                              "tester: SIZE must be a whole number from 1 to 9, not \"ten\"\n"
                              "tester: LOG_LEVEL must be debug, info, warn or error\n");
}

/* --- starting, serving, stopping ---------------------------------------------- */

static void it_migrates_initializes_works_serves_and_stops(void **state)
{
    struct process p = run("");
    const char *text;

    (void)state;
    wait_until(ready());
    assert_int_equal(count("SELECT count(*) FROM done WHERE what = 'init'"), 1);
    wait_until(count("SELECT count(*) FROM done WHERE what = 'job'") == 2);
    assert_int_equal(run_to_end("--healthcheck", &text), 0);
    wait_until(strstr(said(&p), " ms after the process was started"));
    assert_int_equal(stopped_by(&p, SIGTERM, &text), 0);
    assert_non_null(strstr(text, "serving on 127.0.0.1 port"));
    assert_non_null(strstr(text, "stopped"));
    assert_int_equal(run_to_end("--healthcheck", &text), 1);
    assert_string_equal(text, "tester: tester cannot be reached\n");
}

static void what_was_announced_gets_out_before_it_stops(void **state)
{
    struct process p = run("");
    const char *text;

    (void)state;
    wait_until(ready());
    for (int i = 0; i < 20; i++)
        assert_int_equal(web_request(arena, port, "POST", "/announcements", "", NULL).status, 204);
    assert_int_equal(stopped_by(&p, SIGINT, &text), 0);
    assert_int_equal(count("SELECT count(*) FROM outbox"), 0);
}

static void a_port_in_use_ends_it_with_one_clear_line(void **state)
{
    struct process first = run("");
    const char *text;

    (void)state;
    wait_until(ready());
    assert_int_equal(run_to_end("", &text), 1);
    assert_non_null(strstr(text, arena_printf(arena,
                                              "cannot start: cannot listen on 127.0.0.1 port %u: "
                                              "Address already in use\"",
                                              port)));
    assert_int_equal(stopped_by(&first, SIGTERM, &text), 0);
}

static void an_init_that_fails_ends_it_and_leaves_nothing(void **state)
{
    const char *text;

    (void)state;
    set("GREETING", "fail");
    assert_int_equal(run_to_end("", &text), 1);
    assert_non_null(strstr(text, "cannot start: GREETING is not friendly"));
    assert_int_equal(count("SELECT count(*) FROM done"), 0);
}

/* --- a database that is not there --------------------------------------------- */

static void it_waits_for_its_database_and_says_so_once(void **state)
{
    const char *late = arena_printf(arena, "%s_late", testing->name);
    struct ctx ctx = {.arena = arena, .db = testing->server};
    const char *text;
    struct process p;

    (void)state;
    set("DATABASE_URL", arena_printf(arena, "%s_late", testing->db.url));
    p = run("");
    wait_until(strstr(said(&p), "waiting for the database"));
    assert_false(web_listening(port));
    assert_int_equal(
        db_exec_script(&ctx, arena_printf(arena, "CREATE DATABASE \"%s\"", late), SERVER_MS).code,
        OK.code);
    wait_until(ready());
    assert_int_equal(stopped_by(&p, SIGTERM, &text), 0);
    text = strstr(text, "waiting for the database");
    assert_null(strstr(text + 1, "waiting for the database"));
    assert_int_equal(db_exec_script(&ctx,
                                    arena_printf(arena, "DROP DATABASE \"%s\" WITH (FORCE)", late),
                                    SERVER_MS)
                         .code,
                     OK.code);
}

static void it_may_be_stopped_while_it_waits(void **state)
{
    const char *text;
    struct process p;

    (void)state;
    set("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing");
    p = run("");
    wait_until(strstr(said(&p), "waiting for the database"));
    assert_int_equal(stopped_by(&p, SIGTERM, &text), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(help_prints_all_settings),
        TEST(all_mistakes_are_told_at_once_before_anything_starts),
        TEST(it_migrates_initializes_works_serves_and_stops),
        TEST(what_was_announced_gets_out_before_it_stops),
        TEST(a_port_in_use_ends_it_with_one_clear_line),
        TEST(an_init_that_fails_ends_it_and_leaves_nothing),
        TEST(it_waits_for_its_database_and_says_so_once),
        TEST(it_may_be_stopped_while_it_waits),
    };
    int fd = open("libs/common/migrations/0001_common.sql", O_RDONLY | O_CLOEXEC), status;

    if (fd < 0 || read(fd, common_sql, sizeof(common_sql) - 1) <= 0) {
        fputs("run by: make test\n", stderr);
        return 1;
    }
    close(fd);
    if (process_is_child(argc, argv, &service, &status))
        return status;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
