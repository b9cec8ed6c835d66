/* test_load.c - the load generator against a server whose faults are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "moody_server.h"

enum { STALL_MS = 400, RATE = 500 };
static const int64_t ms = 1000000;

static size_t write_request(void *arg, size_t n, char text[LOAD_MAX_REQUEST])
{
    (void)arg;
    return (size_t)snprintf(text, LOAD_MAX_REQUEST, "GET /%zu HTTP/1.1\r\nHost: x\r\n\r\n", n);
}

static struct load_result *run(struct moods *moods, struct load l)
{
    struct load_result *r;

    l.port = moody_server_start(moods);
    l.request = write_request;
    r = load_run(&l);
    moody_server_stop();
    assert_non_null(r);
    return r;
}

/* Two fifths of all are due while the server stalls, and each waits for what is left of
 * it: a quarter must have waited for more than a third of the stall. Who counts from the
 * sending and sends nothing meanwhile sees one slow request. */
static void the_stall_is_charged_to_all_who_came_meanwhile(struct load l)
{
    struct moods moods = {.stall_ms = STALL_MS, .stall_at = RATE / 4};
    struct load_result *r = run(&moods, l);

    assert_true(load_clean(r, "requests"));
    assert_true(r->latency.max >= (STALL_MS - 5) * ms);
    assert_true(histogram_at(&r->latency, 0.99) >= STALL_MS / 2 * ms);
    assert_true(histogram_at(&r->latency, 0.75) >= STALL_MS / 3 * ms);
    free(r);
}

static void a_stall_shows_in_all_its_length(void **state)
{
    (void)state;
    the_stall_is_charged_to_all_who_came_meanwhile(
        (struct load){.connections = 256, .rate = RATE, .seconds = 1});
}

static void a_stall_shows_when_there_is_one_connection_to_wait_for(void **state)
{
    (void)state;
    the_stall_is_charged_to_all_who_came_meanwhile(
        (struct load){.connections = 1, .rate = RATE, .seconds = 1});
}

static void an_even_schedule_has_exactly_its_rate(void **state)
{
    struct moods moods = {.stall_ms = 0};
    struct load_result *r =
        run(&moods, (struct load){.connections = 8, .rate = 1000, .warm_s = 0.1, .seconds = 0.4});

    (void)state;
    assert_int_equal(r->sent, 499); /* the first is due after an interval */
    assert_int_equal(moods.seen, 499);
    assert_in_range(r->answered, 399, 401);
    free(r);
}

/* 1000 ± 6 standard deviations. */
static void a_random_schedule_has_its_rate_in_the_mean(void **state)
{
    struct moods moods = {.stall_ms = 0};
    struct load_result *r =
        run(&moods, (struct load){.connections = 8, .rate = 1000, .poisson = true, .seconds = 1});

    (void)state;
    assert_in_range(r->sent, 800, 1200);
    assert_int_equal(r->answered, r->sent);
    free(r);
}

static void a_closed_loop_goes_as_fast_as_it_is_answered(void **state)
{
    struct moods moods = {.stall_ms = 0};
    struct load_result *r = run(&moods, (struct load){.connections = 4, .seconds = 0.3});

    (void)state;
    assert_true(load_clean(r, "requests"));
    assert_int_equal(r->sent, moods.seen);
    assert_true(r->answered <= r->sent);
    free(r);
}

static void answers_that_are_refusals_are_not_counted_as_answers(void **state)
{
    struct moods moods = {.status = "503 Service Unavailable"};
    struct load_result *r =
        run(&moods, (struct load){.connections = 4, .rate = 100, .seconds = 0.3});

    (void)state;
    assert_int_equal(r->answered, 0);
    assert_int_equal(r->refused, r->sent);
    assert_int_equal(r->status, 503);
    assert_false(load_clean(r, "requests that are refused on purpose"));
    free(r);
}

static void connections_that_the_server_closes_are_opened_again(void **state)
{
    struct moods moods = {.closes = true};
    struct load_result *r =
        run(&moods, (struct load){.connections = 4, .rate = 200, .seconds = 0.3});

    (void)state;
    assert_true(load_clean(r, "requests"));
    assert_int_equal(r->answered, r->sent);
    free(r);
}

static void requests_without_an_answer_are_broken(void **state)
{
    struct moods moods = {.hangs_up = true};
    struct load_result *r =
        run(&moods, (struct load){.connections = 4, .rate = 100, .seconds = 0.2});

    (void)state;
    assert_int_equal(r->broken, r->sent);
    assert_int_equal(r->answered, 0);
    free(r);
}

static void a_port_without_a_server_is_told(void **state)
{
    const struct load nobody = {.port = 1, .connections = 1, .request = write_request};

    (void)state;
    assert_null(load_run(&nobody));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stall_shows_in_all_its_length),
        cmocka_unit_test(a_stall_shows_when_there_is_one_connection_to_wait_for),
        cmocka_unit_test(an_even_schedule_has_exactly_its_rate),
        cmocka_unit_test(a_random_schedule_has_its_rate_in_the_mean),
        cmocka_unit_test(a_closed_loop_goes_as_fast_as_it_is_answered),
        cmocka_unit_test(answers_that_are_refusals_are_not_counted_as_answers),
        cmocka_unit_test(connections_that_the_server_closes_are_opened_again),
        cmocka_unit_test(requests_without_an_answer_are_broken),
        cmocka_unit_test(a_port_without_a_server_is_told),
    };

    return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
