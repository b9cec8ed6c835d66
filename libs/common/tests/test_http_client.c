/* test_http_client.c - calls to a service: what counts as an answer, and when to ask again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "peer_app.h"
#include "replicas.h"

/* --- answers -------------------------------------------------------------- */

static void an_answer_below_500_is_an_answer(void **state)
{
    static const int statuses[] = {200, 201, 302, 400, 404, 409};

    (void)state;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct http_reply r;

        assert_int_equal(peer_get(arena_printf(peer.ctx.arena, "/status/%d", statuses[i]), &r).code,
                         OK.code);
        assert_int_equal(r.status, statuses[i]);
        assert_string_equal(r.body, "{\"a\":1}");
        assert_int_equal(r.body_len, 7);
    }
    assert_int_equal(atomic_load(&peer.hits), 6); /* and a redirect is not followed */
}

static void an_answer_may_be_empty(void **state)
{
    struct http_reply r;
    const struct http_call call = {.method = "DELETE", .path = "/status/204"};

    (void)state;
    assert_int_equal(http_call(&peer.ctx, peer.target, &call, &r).code, OK.code);
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

        assert_int_equal(http_call(&peer.ctx, peer.target, &calls[i], &r).code, OK.code);
        assert_int_equal(r.status, strtol(calls[i].path + strlen("/status/"), NULL, 10));
        assert_int_equal(r.body_len, r.status == 204 || *calls[i].method == 'H' ? 0 : 7);
    }
}

static void an_answer_over_the_bound_is_an_error(void **state)
{
    struct http_reply r;

    (void)state;
    assert_int_equal(peer_get("/big/1000", &r).code, OK.code);
    assert_int_equal(r.body_len, 1000);
    assert_peer_unavailable("/big/1001", "stock gave an answer that is too large");
    assert_int_equal(atomic_load(&peer.hits), 2); /* asking again would not help */
}

/* --- retries -------------------------------------------------------------------------------------
 */

static void a_target_that_fails_twice_is_asked_three_times(void **state)
{
    struct http_reply r;

    (void)state;
    atomic_store(&peer.failures_left, 2);
    assert_int_equal(peer_get("/flaky", &r).code, OK.code);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.attempts, 3);
    assert_int_equal(atomic_load(&peer.hits), 3);
}

static void retries_have_an_end(void **state)
{
    (void)state;
    atomic_store(&peer.failures_left, 100);
    assert_peer_unavailable("/flaky", "stock reports an internal error");
    assert_int_equal(atomic_load(&peer.hits), 3);
}

static void a_call_that_must_not_be_repeated_is_made_once(void **state)
{
    const struct http_call call = {.method = "POST", .path = "/flaky", .body = "{}"};
    struct http_reply r;

    (void)state;
    atomic_store(&peer.failures_left, 1);
    assert_int_equal(http_call(&peer.ctx, peer.target, &call, &r).code, ERR_UNAVAILABLE);
    assert_int_equal(atomic_load(&peer.hits), 1);
}

static void a_busy_target_is_asked_again(void **state)
{
    (void)state;
    assert_peer_unavailable("/status/429", "stock is too busy");
    assert_int_equal(atomic_load(&peer.hits), 3);
}

static void retries_are_paid_from_a_budget(void **state)
{
    struct http_target_options opt = peer_options();

    (void)state;
    opt.retries = 1;
    peer_use(opt); /* ten tokens at first, a tenth for each call */
    for (int i = 0; i < 30; i++)
        assert_peer_unavailable("/status/429", "stock is too busy");
    assert_int_equal(atomic_load(&peer.hits), 30 + 12);
}

/* --- instances -----------------------------------------------------------------------------------
 */

static void a_retry_goes_to_another_instance_and_the_one_that_failed_is_left_alone(void **state)
{
    struct http_target_options opt = peer_options();
    struct http_reply r;

    (void)state;
    /* Nobody listens on port 1. */
    opt.base_url = arena_printf(peer.ctx.arena, "http://127.0.0.1:1,%s", opt.base_url);
    peer_use(opt);
    clock_freeze(1000);
    assert_int_equal(peer_get("/status/200", &r).code, OK.code);
    assert_int_equal(r.attempts, 2);
    for (int i = 0; i < 30; i++) {
        assert_int_equal(peer_get("/status/200", &r).code, OK.code);
        assert_int_equal(r.attempts, 1);
    }
    clock_freeze(1000 + REPLICA_AVOID_MS);
    assert_int_equal(peer_get("/status/200", &r).code, OK.code);
    assert_int_equal(r.attempts, 2); /* it is still not there */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)

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
        TEST(a_retry_goes_to_another_instance_and_the_one_that_failed_is_left_alone),
    };

    return cmocka_run_group_tests(tests, peer_start, peer_stop);
}
