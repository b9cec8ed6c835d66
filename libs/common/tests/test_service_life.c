/* test_service_life.c - a service whose servers come late or go away, one that is stopped in
 * the middle of its work, one that is asked by many at once: each a process of its own behind
 * wires that break. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "broker.h"
#include "clock.h"
#include "feed.h"
#include "outbox.h"
#include "process.h"
#include "proxy.h"
#include "redis_server.h"
#include "service.h"
#include "web.h"

enum {
    CLIENTS = 8,
    ENOUGH = 300,   /* answers before the stop */
    STOP_MS = 20000 /* what a supervisor grants */
};

static struct feed *feed;
static struct arena *arena;
static uint16_t port;
static struct proxy *to_database, *to_rabbitmq, *to_redis;

/* --- a service that needs all three servers ------------------------------------- */

const struct migration migrations[] = {
    {"none", ""}
}; /* feed.h has made the tables */
const size_t nmigrations = 0;

static struct err announce(struct ctx *ctx, const struct http_request *req,
                           struct http_response *res)
{
    const struct outbox_event e = {
        .type = "test.announced", .subject = "s", .data = "{}", .optional = true};
    struct db_rows rows;
    struct err err = db_exec(ctx, &rows, "INSERT INTO effect VALUES ('announced')");

    (void)req;
    res->status = 204;
    return err.code ? err : outbox_add(ctx, &e, NULL);
}

static struct err ignore(struct ctx *ctx, const struct event *e)
{
    (void)ctx, (void)e;
    return OK;
}

static const struct http_route routes[] = {
    {"POST", "/announcements", HTTP_PUBLIC, DB_WRITE, false, announce},
};
static const struct subscription subscriptions[] = {
    {"test.announced", 1, ignore},
};

static struct service service = {
    .name = "tester",
    .routes = routes,
    .nroutes = 1,
    .publishes = true,
    .stream_subscriptions = subscriptions,
    .nstream_subscriptions = 1,
};

static void set(const char *name, const char *value)
{
    assert_int_equal(setenv(name, value, 1), 0);
}

static void set_port(const char *name, int value)
{
    set(name, arena_printf(arena, "%d", value));
}

static int begin(void **state)
{
    /* Settings that the surroundings of the tests may have. */
    static const char *const foreign[] = {"LOG_LEVEL", "AMQP_PASSWORD_FILE", "REDIS_PASSWORD_FILE",
                                          "DATABASE_PASSWORD_FILE"};
    const struct bus_address bus = broker_address();
    const struct stream_address redis = redis_server_address();

    (void)state;
    feed = feed_open();
    arena = arena_new();
    port = web_free_port();
    set("TEST_STREAM", feed->env->name);
    to_database = feed_db_proxy(feed);
    to_rabbitmq = proxy_open(bus.host, bus.port);
    to_redis = proxy_open(redis.host, redis.port);
    set_port("PORT", port);
    set("LISTEN_ADDRESS", "127.0.0.1");
    set("DATABASE_URL", feed_db_behind(feed, proxy_port(to_database)).url);
    set("AMQP_HOST", "127.0.0.1");
    set_port("AMQP_PORT", proxy_port(to_rabbitmq));
    set("AMQP_USER", bus.user);
    set("AMQP_PASSWORD", bus.password);
    set("AMQP_VHOST", bus.vhost);
    set("REDIS_HOST", "127.0.0.1");
    set_port("REDIS_PORT", proxy_port(to_redis));
    set("REDIS_PASSWORD", redis.password);
    set("INSTANCE", "tester-1");
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        unsetenv(foreign[i]);
    return 0;
}

static int end(void **state)
{
    (void)state;
    redis_server_delete(feed->env->name);
    proxy_close(to_database);
    proxy_close(to_rabbitmq);
    proxy_close(to_redis);
    arena_free(arena);
    feed_close(feed);
    return 0;
}

static struct process run(void)
{
    return process_run(&service, "");
}

static bool has_said(const struct process *p, const char *words)
{
    return strstr(process_said(arena, p), words) != NULL;
}

static int times_said(const char *text, const char *words)
{
    int n = 0;

    for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
        n++;
    return n;
}

static int status_of(const char *method, const char *path)
{
    return web_request(arena, port, method, path, "", *method == 'P' ? "" : NULL).status;
}

static bool ready(void)
{
    return web_listening(port) && status_of("GET", "/readyz") == 200;
}

static void stop(struct process *p, const char **text)
{
    process_signal(p, SIGTERM);
    assert_int_equal(process_ended(arena, p, text), 0);
}

/* --- servers that are late, or leave ---------------------------------------------- */

static void it_starts_before_its_servers_says_what_it_waits_for_and_becomes_ready(void **state)
{
    const char *text;
    struct process p;

    (void)state;
    proxy_set(to_database, PROXY_CUT);
    proxy_set(to_rabbitmq, PROXY_CUT);
    proxy_set(to_redis, PROXY_CUT);
    p = run();
    wait_until(has_said(&p, "waiting for the database"));
    proxy_set(to_database, PROXY_PASS);
    wait_until(has_said(&p, "not ready yet: waiting for bus_relay, redis"));
    assert_int_equal(status_of("GET", "/readyz"), 503);
    assert_int_equal(status_of("POST", "/announcements"), 204); /* it serves what it can */
    assert_int_equal(feed_number(feed, "SELECT count(*) FROM outbox"), 1);
    proxy_set(to_rabbitmq, PROXY_PASS);
    wait_until(has_said(&p, "not ready yet: waiting for redis"));
    assert_int_equal(status_of("GET", "/readyz"), 503);
    proxy_set(to_redis, PROXY_PASS);
    wait_until(ready());
    wait_until(has_said(&p, " ms after the process was started"));
    wait_until(feed_number(feed, "SELECT count(*) FROM outbox") == 0);
    stop(&p, &text);
    assert_int_equal(times_said(text, " ms after the process was started"), 1);
}

/* Each pause is twice the one before, up to seconds, a random part of it off: so many
 * connections at most are tried in that time, however many threads want one thing. */
static void assert_not_hammered(struct proxy *p, int before, int64_t since_ms)
{
    const int64_t seconds = (clock_mono_ms() - since_ms) / 1000;

    assert_in_range(proxy_connections(p) - before, 1, 7 + seconds);
}

static void it_stays_ready_without_rabbitmq_and_redis_and_keeps_what_it_has_to_say(void **state)
{
    const char *text;
    struct process p = run();
    int64_t since;
    int bus, redis;

    (void)state;
    wait_until(ready());
    bus = proxy_connections(to_rabbitmq);
    redis = proxy_connections(to_redis);
    since = clock_mono_ms();
    proxy_set(to_rabbitmq, PROXY_CUT);
    proxy_set(to_redis, PROXY_CUT);
    wait_until(strstr(web_get(arena, port, "/readyz").body, "\"bus_relay\":\"failing\"") != NULL &&
               strstr(web_get(arena, port, "/readyz").body, "\"redis\":\"failing\"") != NULL);
    assert_true(ready());
    assert_int_equal(status_of("POST", "/announcements"), 204);
    assert_int_equal(feed_number(feed, "SELECT count(*) FROM outbox"), 1);
    assert_not_hammered(to_rabbitmq, bus, since);
    assert_not_hammered(to_redis, redis, since);
    proxy_set(to_rabbitmq, PROXY_PASS);
    proxy_set(to_redis, PROXY_PASS);
    wait_until(feed_number(feed, "SELECT count(*) FROM outbox") == 0);
    stop(&p, &text);
    assert_int_equal(times_said(text, "not ready"), 0);
}

static void readiness_follows_the_database_and_each_turn_is_told_once(void **state)
{
    const char *text;
    struct process p = run();

    (void)state;
    wait_until(ready());
    proxy_set(to_database, PROXY_CUT);
    wait_until(has_said(&p, "not ready: waiting for database"));
    assert_false(ready());
    assert_int_equal(status_of("POST", "/announcements"), 503);
    proxy_set(to_database, PROXY_PASS);
    wait_until(has_said(&p, "ready again"));
    assert_true(ready());
    stop(&p, &text);
    assert_int_equal(times_said(text, "not ready: waiting for database"), 1);
    assert_int_equal(times_said(text, "ready again"), 1);
}

/* --- stops ------------------------------------------------------------------------- */

/* What the clients saw, all together. */
static struct {
    atomic_int done, refused, unanswered, other;
} seen;

/* -1: nobody listens. */
static int dial(void)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* One request; false: the connection is of no more use. */
static bool ask(struct arena *a, int fd)
{
    static const char request[] =
        "POST /announcements HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
    struct web_reply r;
    const char *connection;

    web_write(fd, request, strlen(request));
    r = web_read(a, fd, false);
    switch (r.status) {
    case 204: seen.done++; break;
    case 503: seen.refused++; break;
    case 0: seen.unanswered++; return false;
    default: seen.other++; return false;
    }
    connection = web_header(a, &r, "Connection");
    return !connection || strcasecmp(connection, "close") != 0;
}

/* Like a gateway: connections are kept, and made anew until nobody listens. */
static void *client(void *unused)
{
    struct arena *a = arena_new();
    int fd;

    while ((fd = dial()) >= 0) {
        while (ask(a, fd))
            arena_reset(a);
        close(fd);
        arena_reset(a);
    }
    arena_free(a);
    return unused;
}

/* What was answered was done, what was done was answered, and what was done is announced. */
static void a_stop_under_load_loses_nothing_and_hides_nothing(void **state)
{
    struct process p = run();
    pthread_t threads[CLIENTS];
    const char *text;

    (void)state;
    wait_until(ready());
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, client, NULL), 0);
    wait_until(seen.done >= ENOUGH);
    stop(&p, &text);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(seen.other, 0);
    assert_int_equal(feed_effects(feed), seen.done);
    assert_int_equal(feed_number(feed, "SELECT count(*) FROM outbox"), 0);
    assert_null(strstr(text, "still running"));
}

/* The database hangs with a request in it, and so does the broker. */
static void a_stop_ends_in_time_though_everything_hangs(void **state)
{
    struct process p = run();
    const char request[] = "POST /announcements HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n";
    int64_t since;
    int status, fd;

    (void)state;
    wait_until(ready());
    proxy_set(to_database, PROXY_HOLD);
    proxy_set(to_rabbitmq, PROXY_HOLD);
    proxy_set(to_redis, PROXY_HOLD);
    fd = web_connect(port);
    web_write(fd, request, strlen(request));
    wait_until(strstr(web_get(arena, port, "/metrics").body, "_in_flight 1\n"));
    since = clock_mono_ms();
    process_signal(&p, SIGTERM);
    assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
    assert_true(clock_mono_ms() - since < STOP_MS);
    assert_true(WIFEXITED(status) || WTERMSIG(status) == SIGALRM);
    fclose(p.output);
    close(fd);
    proxy_set(to_database, PROXY_PASS);
}

/* --- a burst ---------------------------------------------------------------------- */

static void freeze(const struct process *p)
{
    int status;

    process_signal(p, SIGSTOP);
    assert_int_equal(waitpid(p->pid, &status, WUNTRACED), p->pid);
    assert_true(WIFSTOPPED(status));
}

/* With epoll libmicrohttpd 0.9.75 takes up to 128 events at once, and when there are just as many
 * it waits for more before it looks at them: for ever, where all clients wait for it. */
static void requests_that_come_all_at_once_are_all_answered(void **state)
{
    enum { BURST = 128 };
    static const char request[] = "GET /livez HTTP/1.1\r\nHost: test\r\n\r\n";
    struct process p = run();
    const char *text;
    int fds[BURST];

    (void)state;
    wait_until(ready());
    for (int i = 0; i < BURST; i++) {
        fds[i] = web_connect(port);
        web_write(fds[i], request, strlen(request));
        assert_int_equal(web_read(arena, fds[i], false).status, 200);
    }
    freeze(&p);
    for (int i = 0; i < BURST; i++)
        web_write(fds[i], request, strlen(request));
    process_signal(&p, SIGCONT);
    for (int i = 0; i < BURST; i++) {
        assert_int_equal(web_read(arena, fds[i], false).status, 200);
        close(fds[i]);
    }
    stop(&p, &text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(it_starts_before_its_servers_says_what_it_waits_for_and_becomes_ready),
        TEST(it_stays_ready_without_rabbitmq_and_redis_and_keeps_what_it_has_to_say),
        TEST(readiness_follows_the_database_and_each_turn_is_told_once),
        TEST(a_stop_under_load_loses_nothing_and_hides_nothing),
        TEST(a_stop_ends_in_time_though_everything_hangs),
        TEST(requests_that_come_all_at_once_are_all_answered),
    };

    int status;

    service.stream = getenv("TEST_STREAM"); /* of the child */
    if (process_is_child(argc, argv, &service, &status))
        return status;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
