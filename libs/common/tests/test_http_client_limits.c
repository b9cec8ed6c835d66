/* test_http_client_limits.c - calls to a service: deadline, breaker, bulkhead, and what
 * travels along. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "breaker.h"
#include "clock.h"
#include "peer_app.h"
#include "testing.h"
#include "web.h"

enum { CROWD = 8 };

/* --- time
 * ------------------------------------------------------------------------------------------- */

static void an_attempt_does_not_outlast_its_time(void **state)
{
    struct http_target_options opt = peer_options();
    int64_t start = clock_mono_ms();

    (void)state;
    opt.attempt_ms = 100;
    opt.retries = 0;
    peer_use(opt);
    assert_peer_unavailable("/stall", "stock did not answer in time");
    assert_in_range(clock_mono_ms() - start, 90, PLENTY_MS - 1);
}

static void all_attempts_together_do_not_outlast_the_deadline(void **state)
{
    struct http_target_options opt = peer_options();
    int64_t start = clock_mono_ms();

    (void)state;
    opt.deadline_ms = 2000;
    opt.attempt_ms = 1700;
    opt.retries = 1;
    peer_use(opt);
    assert_peer_unavailable("/stall", "stock did not answer in time");
    assert_in_range(clock_mono_ms() - start, 1950, 3300); /* the second one is cut short */
}

static void nobody_there_is_told_from_nobody_in_time(void **state)
{
    struct http_target_options opt = peer_options();

    (void)state;
    opt.base_url = "http://127.0.0.1:1";
    peer_use(opt);
    assert_peer_unavailable("/", "stock cannot be reached");
    opt.base_url = "file:///etc/passwd?";
    peer_use(opt);
    assert_peer_unavailable("/", "stock cannot be reached");
}

/* --- the breaker and the bulkhead
 * ---------------------------------------------------------------------- */

static void fail_often(int times)
{
    struct http_reply r;

    for (int i = 0; i < times; i++)
        assert_int_equal(peer_get("/status/500", &r).code, ERR_UNAVAILABLE);
}

static void a_failing_target_is_left_alone_and_tried_again_later(void **state)
{
    struct http_target_options opt = peer_options();
    int64_t now = clock_mono_ms();
    struct http_reply r;

    (void)state;
    opt.retries = 0;
    peer_use(opt);
    clock_freeze(now);
    assert_false(http_target_is_failing(peer.target));
    fail_often(BREAKER_MIN_CALLS);
    assert_true(http_target_is_failing(peer.target));
    assert_int_equal(peer_get("/status/200", &r).code, ERR_UNAVAILABLE);
    assert_int_equal(r.attempts, 0);
    assert_peer_unavailable("/status/200", "stock is failing; calls to it are paused");
    assert_int_equal(atomic_load(&peer.hits), BREAKER_MIN_CALLS);

    clock_freeze(now + BREAKER_OPEN_MS); /* one probe, and it fails */
    fail_often(1);
    assert_peer_unavailable("/status/200", "stock is failing; calls to it are paused");
    assert_int_equal(atomic_load(&peer.hits), BREAKER_MIN_CALLS + 1);

    clock_freeze(now + INT64_C(2) * BREAKER_OPEN_MS); /* one probe, and all is well */
    assert_int_equal(peer_get("/status/200", &r).code, OK.code);
    assert_false(http_target_is_failing(peer.target));
    assert_int_equal(peer_get("/status/200", &r).code, OK.code);
    assert_int_equal(atomic_load(&peer.hits), BREAKER_MIN_CALLS + 3);
}

/* Many threads want something of it at once, again and again, and may retry. */
/* How many of the calls were not refused. A thread of a test asserts nothing: cmocka would end the
 * process without a word. */
static void *insist(void *calls)
{
    struct ctx mine = {.arena = arena_new(), .http = http_client_new()};
    const struct http_call call = {.method = "GET", .path = "/status/500", .repeatable = true};
    struct http_reply r;
    intptr_t wrong = 0;

    for (int i = 0; i < *(int *)calls; i++) {
        wrong += http_call(&mine, peer.target, &call, &r).code != ERR_UNAVAILABLE;
        arena_reset(mine.arena);
    }
    http_client_free(mine.http);
    arena_free(mine.arena);
    return (void *)wrong;
}

static void a_crowd_insists(int each)
{
    pthread_t threads[CROWD];
    void *wrong;

    for (int i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, insist, &each), 0);
    for (int i = 0; i < CROWD; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
}

static void a_dead_target_under_load_is_asked_a_few_times_and_then_now_and_then(void **state)
{
    enum { EACH = 200, PAUSES = 5 };
    struct http_target_options opt = peer_options();
    int64_t now = clock_mono_ms();
    int first;

    (void)state;
    opt.max_concurrent = CROWD;
    peer_use(opt);
    clock_freeze(now);
    a_crowd_insists(EACH);
    /* Those that were under way when the breaker opened are in addition. */
    first = atomic_load(&peer.hits);
    assert_in_range(first, BREAKER_MIN_CALLS, BREAKER_MIN_CALLS + CROWD - 1);
    for (int i = 1; i <= PAUSES; i++) {
        clock_freeze(now += BREAKER_OPEN_MS);
        a_crowd_insists(EACH);
        assert_int_equal(atomic_load(&peer.hits), first + i); /* of 1600 calls, one */
    }
}

static void a_busy_or_refusing_target_does_not_open_the_breaker(void **state)
{
    struct http_target_options opt = peer_options();
    struct http_reply r;

    (void)state;
    opt.retries = 0;
    peer_use(opt);
    for (int i = 0; i < 2 * BREAKER_WINDOW; i++) {
        assert_int_equal(peer_get("/status/429", &r).code, ERR_UNAVAILABLE);
        assert_int_equal(peer_get("/status/404", &r).code, OK.code);
    }
    assert_int_equal(atomic_load(&peer.hits), 4 * BREAKER_WINDOW);
}

static void *stalled_call(void *arg)
{
    struct ctx mine = {.arena = arena_new(), .http = http_client_new()};
    const struct http_call call = {.method = "GET", .path = "/stall"};
    struct http_reply r;

    *(int *)arg = http_call(&mine, peer.target, &call, &r).code ? 0 : r.status;
    http_client_free(mine.http);
    arena_free(mine.arena);
    return NULL;
}

static void no_more_calls_than_allowed_are_under_way(void **state)
{
    struct http_target_options opt = peer_options();
    pthread_t threads[2];
    int statuses[2] = {0, 0};
    struct http_reply r;

    (void)state;
    opt.max_concurrent = 2;
    peer_use(opt);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stalled_call, &statuses[i]), 0);
    wait_until(atomic_load(&peer.waiting) == 2);
    assert_peer_unavailable("/status/200", "stock has too many calls under way");
    atomic_store(&peer.gate_open, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(statuses[i], 200);
    }
    assert_int_equal(peer_get("/status/200", &r).code, OK.code);
}

/* --- what travels along --------------------------------------------------- */

struct listener {
    int fd;
    uint16_t port;
    char request[4096];
};

/* Take one request up to the '}' of its body and answer it. */
static void *answer_raw(void *arg)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    struct listener *l = arg;
    int fd = accept(l->fd, NULL, NULL);
    size_t len = 0;

    while (len < sizeof(l->request) - 1 && !strchr(l->request, '}')) {
        ssize_t n = recv(fd, l->request + len, sizeof(l->request) - 1 - len, 0);

        if (n <= 0)
            break;
        len += (size_t)n;
    }
    (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void a_call_carries_trace_request_id_key_and_token(void **state)
{
    static const char *const wanted[] = {
        "POST /charges?x=1 HTTP/1.1\r\n",
        "\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
        "\r\nX-Request-ID: req-1\r\n",
        "\r\nIdempotency-Key: key-1\r\n",
        "\r\nAuthorization: Bearer secret\r\n",
        "\r\nContent-Type: application/json\r\n",
        "\r\nAccept: application/json\r\n",
        "\r\n\r\n{\"a\":1}",
    };
    const struct http_call call = {
        .method = "POST", .path = "/charges?x=1", .body = "{\"a\":1}", .idempotency_key = "key-1"};
    struct http_target_options opt = peer_options();
    struct listener l = {.fd = -1};
    struct http_reply r;
    pthread_t thread;

    (void)state;
    l.fd = web_listen(&l.port);
    assert_true(
        trace_parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &peer.ctx.trace));
    peer.ctx.request_id = "req-1";
    opt.base_url = arena_printf(peer.ctx.arena, "http://127.0.0.1:%u", l.port);
    opt.bearer = "secret";
    peer_use(opt);
    assert_int_equal(pthread_create(&thread, NULL, answer_raw, &l), 0);
    assert_int_equal(http_call(&peer.ctx, peer.target, &call, &r).code, OK.code);
    pthread_join(thread, NULL);
    close(l.fd);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(l.request, wanted[i]))
            fail_msg("\"%s\" is not in:\n%s", wanted[i], l.request);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_attempt_does_not_outlast_its_time),
        TEST(all_attempts_together_do_not_outlast_the_deadline),
        TEST(nobody_there_is_told_from_nobody_in_time),
        TEST(a_failing_target_is_left_alone_and_tried_again_later),
        TEST(a_dead_target_under_load_is_asked_a_few_times_and_then_now_and_then),
        TEST(a_busy_or_refusing_target_does_not_open_the_breaker),
        TEST(no_more_calls_than_allowed_are_under_way),
        TEST(a_call_carries_trace_request_id_key_and_token),
    };

    return cmocka_run_group_tests(tests, peer_start, peer_stop);
}
