/* test_http_load.c - the HTTP server with more to do than it can, and when it is stopped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "http.h"
#include "testing.h"
#include "web.h"

enum { QUEUE = 2, CLIENTS = 8, REQUESTS = 100 };

static struct arena *arena;
static struct http_server *server;
static uint16_t port;

/* The handler of "/slow" waits at the gate. */
static atomic_int waiting;
static atomic_bool gate_open;

static struct err slow(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    (void)ctx, (void)req;
    atomic_fetch_add(&waiting, 1);
    wait_until(atomic_load(&gate_open));
    res->body = "{}";
    return OK;
}

static struct err fast(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    res->body = arena_printf(ctx->arena, "{\"id\":\"%s\"}", req->param[0]);
    return OK;
}

static const struct http_route routes[] = {
    {"GET", "/slow",   HTTP_PUBLIC, DB_READ, false, slow},
    {"GET", "/fast/*", HTTP_PUBLIC, DB_READ, false, fast},
};

static void start_patient(unsigned workers, unsigned queue_limit, unsigned idle_timeout_s,
                          int wait_ms)
{
    const struct http_options opt = {
        .address = "127.0.0.1",
        .workers = workers,
        .queue_limit = queue_limit,
        .wait_ms = wait_ms,
        .max_connections = 64,
        .idle_timeout_s = idle_timeout_s,
        .max_body = 1000,
        .routes = routes,
        .nroutes = sizeof(routes) / sizeof(routes[0]),
    };

    assert_int_equal(http_start(arena, &opt, &server).code, OK.code);
    port = http_port(server);
}

static void start(unsigned workers, unsigned queue_limit, unsigned idle_timeout_s)
{
    const int for_ever = 0;

    start_patient(workers, queue_limit, idle_timeout_s, for_ever);
}

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    server = NULL;
    atomic_store(&waiting, 0);
    atomic_store(&gate_open, false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    atomic_store(&gate_open, true);
    http_stop(server);
    arena_free(arena);
    return 0;
}

static int ask(const char *target)
{
    int fd = web_connect(port);
    const char *request = arena_printf(arena, "GET %s HTTP/1.1\r\nHost: t\r\n\r\n", target);

    web_write(fd, request, strlen(request));
    return fd;
}

static bool accepted(int n)
{
    struct web_reply r = web_get(arena, port, "/metrics");

    return strstr(r.body, arena_printf(arena, "\nwaybill_http_requests_in_flight %d\n", n)) != NULL;
}

/* One request in the handler, and as many as can wait. */
static void fill(int fds[1 + QUEUE])
{
    start(1, QUEUE, 20);
    fds[0] = ask("/slow");
    wait_until(atomic_load(&waiting) == 1);
    for (int i = 1; i <= QUEUE; i++)
        fds[i] = ask("/slow");
    wait_until(accepted(1 + QUEUE));
}

static void assert_all_answered(const int fds[1 + QUEUE])
{
    for (int i = 0; i <= QUEUE; i++) {
        assert_int_equal(web_read(arena, fds[i], false).status, 200);
        close(fds[i]);
    }
}

static void a_slow_handler_does_not_stop_what_the_server_answers_itself(void **state)
{
    int fd;

    (void)state;
    start(1, QUEUE, 20);
    fd = ask("/slow");
    wait_until(atomic_load(&waiting) == 1);
    assert_int_equal(web_get(arena, port, "/livez").status, 200);
    assert_int_equal(web_get(arena, port, "/readyz").status, 200);
    assert_int_equal(web_get(arena, port, "/metrics").status, 200);
    assert_int_equal(web_get(arena, port, "/nowhere").status, 404);
    atomic_store(&gate_open, true);
    assert_int_equal(web_read(arena, fd, false).status, 200);
    close(fd);
}

static void beyond_the_queue_it_is_503_at_once(void **state)
{
    struct web_reply r;
    int fds[1 + QUEUE];

    (void)state;
    fill(fds);
    r = web_get(arena, port, "/fast/1");
    assert_int_equal(r.status, 503);
    assert_string_equal(web_header(arena, &r, "Retry-After"), "1");
    assert_string_equal(web_problem(arena, &r, "detail"), "too many requests are waiting");
    assert_int_equal(web_get(arena, port, "/livez").status, 200);
    atomic_store(&gate_open, true);
    assert_all_answered(fds);
    assert_int_equal(web_get(arena, port, "/fast/1").status, 200);
}

/* Its client would not be there any more; those behind it get their turn. */
static void who_has_waited_too_long_gets_503_and_no_work_is_done(void **state)
{
    enum { WAIT_MS = 1000 };
    int64_t since;
    struct web_reply r;
    int first, second;

    (void)state;
    start_patient(1, QUEUE, 20, WAIT_MS);
    first = ask("/slow");
    wait_until(atomic_load(&waiting) == 1);
    second = ask("/slow");
    wait_until(accepted(2));
    since = clock_mono_ms();
    wait_until(clock_mono_ms() - since > WAIT_MS);
    atomic_store(&gate_open, true);
    assert_int_equal(web_read(arena, first, false).status, 200); /* it had not waited */
    r = web_read(arena, second, false);
    assert_int_equal(r.status, 503);
    assert_string_equal(web_header(arena, &r, "Retry-After"), "2");
    assert_string_equal(web_problem(arena, &r, "detail"),
                        "the request has waited for too long; nothing was done");
    assert_int_equal(atomic_load(&waiting), 1);
    assert_int_equal(web_get(arena, port, "/fast/1").status, 200);
    close(first);
    close(second);
}

static void *stop(void *arg)
{
    http_stop(arg);
    return NULL;
}

static bool draining(int fd)
{
    static const char request[] = "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n";
    struct web_reply r;
    const char *connection;

    web_write(fd, request, strlen(request));
    r = web_read(arena, fd, false);
    assert_int_equal(r.status, 200);
    connection = web_header(arena, &r, "Connection");
    return connection && strcmp(connection, "close") == 0;
}

static void a_stop_answers_all_that_was_accepted(void **state)
{
    int fds[1 + QUEUE], idle;
    pthread_t thread;

    (void)state;
    fill(fds);
    idle = web_connect(port);
    assert_false(draining(idle));
    assert_int_equal(pthread_create(&thread, NULL, stop, server), 0);
    wait_until(draining(idle));
    assert_true(web_closed(idle));
    close(idle);
    atomic_store(&gate_open, true);
    pthread_join(thread, NULL);
    server = NULL;
    assert_all_answered(fds);
}

static bool refused(void)
{
    return !web_listening(port);
}

/* The kernel has let it in before the stop; whoever comes after is refused at once, so that
 * a gateway goes elsewhere with it. */
static void a_stop_answers_who_is_in_and_refuses_who_comes(void **state)
{
    enum { ARRIVALS = 40 };
    int fds[1 + QUEUE], arrivals[ARRIVALS];
    pthread_t thread;

    (void)state;
    fill(fds);
    for (int i = 0; i < ARRIVALS; i++)
        arrivals[i] = ask("/livez");
    assert_int_equal(pthread_create(&thread, NULL, stop, server), 0);
    wait_until(refused());
    for (int i = 0; i < ARRIVALS; i++) {
        assert_int_equal(web_read(arena, arrivals[i], false).status, 200);
        close(arrivals[i]);
    }
    atomic_store(&gate_open, true);
    pthread_join(thread, NULL);
    server = NULL;
    assert_all_answered(fds);
}

/* A gateway keeps connections, and may be sending on one while the stop begins. */
static void a_request_on_a_kept_connection_is_answered_although_a_stop_has_begun(void **state)
{
    static const char request[] = "GET /fast/7 HTTP/1.1\r\nHost: t\r\n\r\n";
    pthread_t thread;
    struct web_reply r;
    int kept;

    (void)state;
    start(1, QUEUE, 20);
    kept = web_connect(port);
    assert_false(draining(kept));
    assert_int_equal(pthread_create(&thread, NULL, stop, server), 0);
    wait_until(refused());
    web_write(kept, request, strlen(request));
    r = web_read(arena, kept, false);
    pthread_join(thread, NULL);
    server = NULL;
    assert_int_equal(r.status, 200);
    assert_string_equal(web_header(arena, &r, "Connection"), "close");
    close(kept);
}

static void a_stop_does_not_wait_for_idle_connections(void **state)
{
    int idle, half;

    (void)state;
    start(2, QUEUE, 60);
    idle = web_connect(port);
    assert_false(draining(idle));
    half = web_connect(port);
    web_write(half, "GET /fast", 9);
    http_stop(server);
    server = NULL;
    assert_true(web_closed(idle));
    close(idle);
    close(half);
}

static void a_client_that_left_does_not_hold_up_a_stop(void **state)
{
    int fds[1 + QUEUE];

    (void)state;
    fill(fds);
    for (int i = 0; i <= QUEUE; i++)
        close(fds[i]);
    atomic_store(&gate_open, true);
    http_stop(server);
    server = NULL;
    assert_int_equal(atomic_load(&waiting), 1 + QUEUE); /* what was accepted was done */
}

static void a_client_that_says_nothing_is_hung_up_on(void **state)
{
    int silent, half;

    (void)state;
    start(1, QUEUE, 1);
    silent = web_connect(port);
    half = web_connect(port);
    web_write(half, "GET /fast/1 HTTP/1.1\r\n", 22);
    assert_true(web_closed(silent));
    assert_true(web_closed(half));
    close(silent);
    close(half);
}

static void *client(void *arg)
{
    struct arena *a = arena_new();
    int *good = arg, fd = web_connect(port);

    for (int i = 0; i < REQUESTS; i++) {
        const char *id = arena_printf(a, "%p-%d", arg, i);
        const char *request = arena_printf(a, "GET /fast/%s HTTP/1.1\r\nHost: t\r\n\r\n", id);
        struct web_reply r;

        web_write(fd, request, strlen(request));
        r = web_read(a, fd, false);
        *good += r.status == 200 && strstr(r.body, id) != NULL;
        arena_reset(a);
    }
    close(fd);
    arena_free(a);
    return NULL;
}

static void many_clients_each_get_their_own_answers(void **state)
{
    pthread_t threads[CLIENTS];
    int good[CLIENTS] = {0};

    (void)state;
    start(4, 2 * CLIENTS, 20);
    for (int i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, client, &good[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(good[i], REQUESTS);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_slow_handler_does_not_stop_what_the_server_answers_itself),
        TEST(beyond_the_queue_it_is_503_at_once),
        TEST(who_has_waited_too_long_gets_503_and_no_work_is_done),
        TEST(a_stop_answers_all_that_was_accepted),
        TEST(a_stop_answers_who_is_in_and_refuses_who_comes),
        TEST(a_request_on_a_kept_connection_is_answered_although_a_stop_has_begun),
        TEST(a_stop_does_not_wait_for_idle_connections),
        TEST(a_client_that_left_does_not_hold_up_a_stop),
        TEST(a_client_that_says_nothing_is_hung_up_on),
        TEST(many_clients_each_get_their_own_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
