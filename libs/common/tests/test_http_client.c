/* test_http_client.c - calls to a service that answers well, badly, late, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "breaker.h"
#include "clock.h"
#include "http.h"
#include "http_client.h"
#include "testing.h"

enum { MAX_BODY = 1000, PLENTY_MS = 5000 };

static struct http_server *server;
static struct ctx ctx;
static struct http_target *target;

/* How the server behaves, and what it has seen. */
static atomic_int hits, failures_left, waiting;
static atomic_bool gate_open;

/* --- the service that is called ---------------------------------------------------------- */

static struct err status(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    (void)c;
    atomic_fetch_add(&hits, 1);
    res->status = (int)strtol(req->param[0], NULL, 10);
    res->location = res->status == 302 ? "/status/200" : NULL;
    res->body = res->status == 204 ? NULL : "{\"a\":1}";
    return OK;
}

static struct err flaky(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    (void)c, (void)req;
    atomic_fetch_add(&hits, 1);
    res->status = atomic_fetch_sub(&failures_left, 1) > 0 ? 502 : 200;
    res->body = "{}";
    return OK;
}

static struct err stall(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    (void)c, (void)req;
    atomic_fetch_add(&hits, 1);
    atomic_fetch_add(&waiting, 1);
    wait_until(atomic_load(&gate_open));
    res->body = "{}";
    return OK;
}

static struct err big(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    size_t len = strtoul(req->param[0], NULL, 10);
    char *body = arena_alloc(c->arena, len + 1);

    atomic_fetch_add(&hits, 1);
    memset(body, ' ', len);
    res->body = body;
    return OK;
}

static const struct http_route routes[] = {
    {"GET",    "/status/*", HTTP_PUBLIC, DB_READ, false, status},
    {"POST",   "/status/*", HTTP_PUBLIC, DB_READ, false, status},
    {"DELETE", "/status/*", HTTP_PUBLIC, DB_READ, false, status},
    {"GET",    "/flaky",    HTTP_PUBLIC, DB_READ, false, flaky },
    {"POST",   "/flaky",    HTTP_PUBLIC, DB_READ, false, flaky },
    {"GET",    "/stall",    HTTP_PUBLIC, DB_READ, false, stall },
    {"GET",    "/big/*",    HTTP_PUBLIC, DB_READ, false, big   },
};

static int begin_all(void **state)
{
    const struct http_options opt = {
        .address = "127.0.0.1",
        .workers = 16,
        .queue_limit = 64,
        .max_connections = 64,
        .idle_timeout_s = 20,
        .max_body = 1000,
        .routes = routes,
        .nroutes = sizeof(routes) / sizeof(routes[0]),
    };
    struct arena *a = arena_new();
    struct err err = http_start(a, &opt, &server);

    (void)state;
    arena_free(a);
    return err.code;
}

static int end_all(void **state)
{
    (void)state;
    http_stop(server);
    return 0;
}

/* What most tests call; a test may change it before its first call. */
static struct http_target_options options(void)
{
    return (struct http_target_options){
        .name = "stock",
        .base_url = arena_printf(ctx.arena, "http://127.0.0.1:%u", http_port(server)),
        .deadline_ms = PLENTY_MS,
        .attempt_ms = PLENTY_MS,
        .retries = 2,
        .max_concurrent = 4,
        .max_body = MAX_BODY,
    };
}

static void use(struct http_target_options opt)
{
    http_target_free(target);
    target = http_target_new(&opt);
}

static int begin(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new(), .http = http_client_new()};
    target = NULL;
    use(options());
    atomic_store(&hits, 0);
    atomic_store(&waiting, 0);
    atomic_store(&failures_left, 0);
    atomic_store(&gate_open, false);
    return 0;
}

static int end(void **state)
{
    (void)state;
    clock_freeze(0);
    atomic_store(&gate_open, true);
    http_target_free(target);
    http_client_free(ctx.http);
    arena_free(ctx.arena);
    return 0;
}

static struct err get(const char *path, struct http_reply *reply)
{
    return http_call(&ctx, target,
                     &(struct http_call){.method = "GET", .path = path, .repeatable = true}, reply);
}

static void assert_unavailable(const char *path, const char *why)
{
    struct http_reply reply;
    struct err err = get(path, &reply);

    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.msg, why);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void an_answer_below_500_is_an_answer(void **state)
{
    static const int statuses[] = {200, 201, 302, 400, 404, 409};

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct http_reply r;

        assert_int_equal(get(arena_printf(ctx.arena, "/status/%d", statuses[i]), &r).code, OK.code);
        assert_int_equal(r.status, statuses[i]);
        assert_string_equal(r.body, "{\"a\":1}");
        assert_int_equal(r.body_len, 7);
    }
    assert_int_equal(atomic_load(&hits), 6); /* and a redirect is not followed */
}

static void an_answer_may_be_empty(void **state)
{
    struct http_reply r;
    const struct http_call call = {.method = "DELETE", .path = "/status/204"};

    (void)state;
    assert_int_equal(http_call(&ctx, target, &call, &r).code, OK.code);
    assert_int_equal(r.status, 204);
    assert_string_equal(r.body, "");
}

static void every_method_may_follow_every_other(void **state)
{
    static const struct http_call calls[] = {
        {.method = "POST", .path = "/status/201", .body = "{}"},
        {.method = "GET",                .path = "/status/200"                      },
        {.method = "HEAD",                .path = "/status/200"},
        {.method = "POST",                .path = "/status/200"                      },
        {.method = "DELETE",                .path = "/status/204"},
        {.method = "GET",                .path = "/status/200"                         },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct http_reply r;

        assert_int_equal(http_call(&ctx, target, &calls[i], &r).code, OK.code);
        assert_int_equal(r.status, strtol(calls[i].path + strlen("/status/"), NULL, 10));
        assert_int_equal(r.body_len, r.status == 204 || *calls[i].method == 'H' ? 0 : 7);
    }
}

static void an_answer_over_the_bound_is_an_error(void **state)
{
    struct http_reply r;

    (void)state;
    assert_int_equal(get("/big/1000", &r).code, OK.code);
    assert_int_equal(r.body_len, 1000);
    assert_unavailable("/big/1001", "stock gave an answer that is too large");
    assert_int_equal(atomic_load(&hits), 2); /* asking again would not help */
}

/* --- retries -------------------------------------------------------------------------------------
 */

static void a_target_that_fails_twice_is_asked_three_times(void **state)
{
    struct http_reply r;

    (void)state;
    atomic_store(&failures_left, 2);
    assert_int_equal(get("/flaky", &r).code, OK.code);
    assert_int_equal(r.status, 200);
    assert_int_equal(atomic_load(&hits), 3);
}

static void retries_have_an_end(void **state)
{
    (void)state;
    atomic_store(&failures_left, 100);
    assert_unavailable("/flaky", "stock reports an internal error");
    assert_int_equal(atomic_load(&hits), 3);
}

static void a_call_that_must_not_be_repeated_is_made_once(void **state)
{
    const struct http_call call = {.method = "POST", .path = "/flaky", .body = "{}"};
    struct http_reply r;

    (void)state;
    atomic_store(&failures_left, 1);
    assert_int_equal(http_call(&ctx, target, &call, &r).code, ERR_UNAVAILABLE);
    assert_int_equal(atomic_load(&hits), 1);
}

static void a_busy_target_is_asked_again(void **state)
{
    (void)state;
    assert_unavailable("/status/429", "stock is too busy");
    assert_int_equal(atomic_load(&hits), 3);
}

static void retries_are_paid_from_a_budget(void **state)
{
    struct http_target_options opt = options();

    (void)state;
    opt.retries = 1;
    use(opt); /* ten tokens at first, a tenth for each call */
    for (int i = 0; i < 30; i++)
        assert_unavailable("/status/429", "stock is too busy");
    assert_int_equal(atomic_load(&hits), 30 + 12);
}

/* --- time
 * ------------------------------------------------------------------------------------------- */

static void an_attempt_does_not_outlast_its_time(void **state)
{
    struct http_target_options opt = options();
    int64_t start = clock_mono_ms();

    (void)state;
    opt.attempt_ms = 100;
    opt.retries = 0;
    use(opt);
    assert_unavailable("/stall", "stock did not answer in time");
    assert_in_range(clock_mono_ms() - start, 90, PLENTY_MS - 1);
}

static void all_attempts_together_do_not_outlast_the_deadline(void **state)
{
    struct http_target_options opt = options();
    int64_t start = clock_mono_ms();

    (void)state;
    opt.deadline_ms = 500;
    opt.attempt_ms = 150;
    opt.retries = 100;
    use(opt);
    assert_unavailable("/stall", "stock did not answer in time");
    assert_in_range(clock_mono_ms() - start, 150, PLENTY_MS - 1);
    assert_in_range(atomic_load(&hits), 2, 4);
}

static void nobody_there_is_told_from_nobody_in_time(void **state)
{
    struct http_target_options opt = options();

    (void)state;
    opt.base_url = "http://127.0.0.1:1";
    use(opt);
    assert_unavailable("/", "stock cannot be reached");
    opt.base_url = "file:///etc/passwd?";
    use(opt);
    assert_unavailable("/", "stock cannot be reached");
}

/* --- the breaker and the bulkhead
 * ---------------------------------------------------------------------- */

static void fail_often(int times)
{
    struct http_reply r;

    for (int i = 0; i < times; i++)
        assert_int_equal(get("/status/500", &r).code, ERR_UNAVAILABLE);
}

static void a_failing_target_is_left_alone_and_tried_again_later(void **state)
{
    struct http_target_options opt = options();
    int64_t now = clock_mono_ms();
    struct http_reply r;

    (void)state;
    opt.retries = 0;
    use(opt);
    clock_freeze(now);
    fail_often(BREAKER_MIN_CALLS);
    assert_unavailable("/status/200", "stock is failing; calls to it are paused");
    assert_int_equal(atomic_load(&hits), BREAKER_MIN_CALLS);

    clock_freeze(now + BREAKER_OPEN_MS); /* one probe, and it fails */
    fail_often(1);
    assert_unavailable("/status/200", "stock is failing; calls to it are paused");
    assert_int_equal(atomic_load(&hits), BREAKER_MIN_CALLS + 1);

    clock_freeze(now + 2 * BREAKER_OPEN_MS); /* one probe, and all is well */
    assert_int_equal(get("/status/200", &r).code, OK.code);
    assert_int_equal(get("/status/200", &r).code, OK.code);
    assert_int_equal(atomic_load(&hits), BREAKER_MIN_CALLS + 3);
}

static void a_busy_or_refusing_target_does_not_open_the_breaker(void **state)
{
    struct http_target_options opt = options();
    struct http_reply r;

    (void)state;
    opt.retries = 0;
    use(opt);
    for (int i = 0; i < 2 * BREAKER_WINDOW; i++) {
        assert_int_equal(get("/status/429", &r).code, ERR_UNAVAILABLE);
        assert_int_equal(get("/status/404", &r).code, OK.code);
    }
    assert_int_equal(atomic_load(&hits), 4 * BREAKER_WINDOW);
}

static void *stalled_call(void *arg)
{
    struct ctx mine = {.arena = arena_new(), .http = http_client_new()};
    const struct http_call call = {.method = "GET", .path = "/stall"};
    struct http_reply r;

    *(int *)arg = http_call(&mine, target, &call, &r).code ? 0 : r.status;
    http_client_free(mine.http);
    arena_free(mine.arena);
    return NULL;
}

static void no_more_calls_than_allowed_are_under_way(void **state)
{
    struct http_target_options opt = options();
    pthread_t threads[2];
    int statuses[2] = {0, 0};
    struct http_reply r;

    (void)state;
    opt.max_concurrent = 2;
    use(opt);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, stalled_call, &statuses[i]), 0);
    wait_until(atomic_load(&waiting) == 2);
    assert_unavailable("/status/200", "stock has too many calls under way");
    atomic_store(&gate_open, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(statuses[i], 200);
    }
    assert_int_equal(get("/status/200", &r).code, OK.code);
}

/* --- what travels along
 * --------------------------------------------------------------------------------- */

struct listener {
    int fd;
    uint16_t port;
    char request[4096];
};

static struct listener listen_raw(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct listener l = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    socklen_t len = sizeof(at);

    assert_int_equal(bind(l.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(l.fd, 1), 0);
    assert_int_equal(getsockname(l.fd, (struct sockaddr *)&at, &len), 0);
    l.port = ntohs(at.sin_port);
    return l;
}

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
    struct http_target_options opt = options();
    struct listener l = listen_raw();
    struct http_reply r;
    pthread_t thread;

    (void)state;
    assert_true(trace_parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", &ctx.trace));
    ctx.request_id = "req-1";
    opt.base_url = arena_printf(ctx.arena, "http://127.0.0.1:%u", l.port);
    opt.bearer = "secret";
    use(opt);
    assert_int_equal(pthread_create(&thread, NULL, answer_raw, &l), 0);
    assert_int_equal(http_call(&ctx, target, &call, &r).code, OK.code);
    pthread_join(thread, NULL);
    close(l.fd);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (!strstr(l.request, wanted[i]))
            fail_msg("\"%s\" is not in:\n%s", wanted[i], l.request);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_below_500_is_an_answer),
        TEST(an_answer_may_be_empty),
        TEST(every_method_may_follow_every_other),
        TEST(an_answer_over_the_bound_is_an_error),
        TEST(a_target_that_fails_twice_is_asked_three_times),
        TEST(retries_have_an_end),
        TEST(a_call_that_must_not_be_repeated_is_made_once),
        TEST(a_busy_target_is_asked_again),
        TEST(retries_are_paid_from_a_budget),
        TEST(an_attempt_does_not_outlast_its_time),
        TEST(all_attempts_together_do_not_outlast_the_deadline),
        TEST(nobody_there_is_told_from_nobody_in_time),
        TEST(a_failing_target_is_left_alone_and_tried_again_later),
        TEST(a_busy_or_refusing_target_does_not_open_the_breaker),
        TEST(no_more_calls_than_allowed_are_under_way),
        TEST(a_call_carries_trace_request_id_key_and_token),
    };

    return cmocka_run_group_tests(tests, begin_all, end_all);
}
