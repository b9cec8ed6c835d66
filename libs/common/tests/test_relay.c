/* test_relay.c - from the outbox in a real PostgreSQL to a real RabbitMQ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "broker.h"
#include "bus.h"
#include "clock.h"
#include "feed.h"
#include "outbox.h"
#include "proxy.h"
#include "relay.h"

static struct feed *feed;
static struct ctx *ctx;
static struct broker *broker;
static struct bus_address broker_at;
static const char *queue, *type; /* of one test */
static struct relay *relay;

static int setup(void **state)
{
    (void)state;
    feed = feed_open();
    ctx = &feed->env->ctx;
    broker = broker_open();
    broker_at = broker_address();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    broker_close(broker);
    feed_close(feed);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    feed_reset(feed);
    queue = testing_name(ctx->arena, "waybill_test_relay");
    type = arena_printf(ctx->arena, "%s.happened", queue);
    relay = relay_to_bus(&broker_at);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    relay_free(relay);
    broker_delete_queue(broker, queue);
    return 0;
}

static int64_t number(const char *sql)
{
    return feed_number(feed, sql);
}

static int64_t waiting(void)
{
    return number("SELECT count(*) FROM outbox");
}

static const char *add(const char *event_type, unsigned to, bool optional)
{
    return feed_outbox(feed, event_type, to, optional);
}

static void step(bool expect_more)
{
    bool more = false;
    struct err err = relay_step(ctx, relay, &more);

    if (err.code)
        fail_msg("relay_step: %s", err.msg);
    assert_int_equal(more, expect_more);
}

static void due_now(void)
{
    feed_do(feed, "UPDATE outbox SET due_at = now()");
}

static void events_leave_in_order_as_they_were_written(void **state)
{
    enum { EVENTS = 30 };
    const char *ids[EVENTS];
    struct broker_message m;

    (void)state;
    step(false); /* connects, and makes the exchange */
    broker_make_queue(broker, queue, type, 0);
    for (int i = 0; i < EVENTS; i++)
        ids[i] = add(type, OUTBOX_BUS, false);
    step(false);
    assert_int_equal(waiting(), 0);
    for (int i = 0; i < EVENTS; i++) {
        assert_true(broker_get(broker, ctx->arena, queue, &m));
        assert_string_equal(m.id, ids[i]);
        assert_string_equal(m.type, type);
        assert_non_null(strstr(m.body, ids[i]));
        assert_memory_equal(m.traceparent, "00-", 3);
    }
    assert_false(broker_get(broker, ctx->arena, queue, &m));
}

static void a_full_batch_asks_for_another(void **state)
{
    (void)state;
    step(false);
    broker_make_queue(broker, queue, type, 0);
    feed_do(feed,
            arena_printf(ctx->arena,
                         "INSERT INTO outbox (destination, event_id, type, subject, envelope,"
                         " traceparent, optional) SELECT 1, 'id-' || n, '%s', '', '{}', '', false"
                         " FROM generate_series(1, 450) AS n",
                         type));
    step(true);
    step(true);
    step(false);
    assert_int_equal(waiting(), 0);
    wait_until(broker_depth(broker, queue) == 450);
}

static void an_event_that_nobody_is_bound_to_waits_until_somebody_is(void **state)
{
    struct broker_message m;
    const char *id;

    (void)state;
    id = add(type, OUTBOX_BUS, false);
    step(false);
    assert_int_equal(waiting(), 1);
    assert_int_equal(number("SELECT attempts FROM outbox"), 1);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE due_at > now()"), 1);
    broker_make_queue(broker, queue, type, 0);
    step(false);
    assert_int_equal(waiting(), 1); /* not due yet */
    due_now();
    step(false);
    assert_int_equal(waiting(), 0);
    assert_true(broker_get(broker, ctx->arena, queue, &m));
    assert_string_equal(m.id, id);
}

static void it_waits_longer_each_time_but_at_most_a_minute(void **state)
{
    int64_t last = 0;

    (void)state;
    add(type, OUTBOX_BUS, false);
    for (int i = 0; i < 9; i++) {
        int64_t delay;

        step(false);
        delay = number("SELECT round(extract(epoch FROM due_at - now()))::bigint FROM outbox");
        assert_in_range(delay, last > 59 ? 59 : last, 60);
        assert_true(i == 0 || i > 6 || delay > last);
        last = delay;
        due_now();
    }
}

static void an_optional_event_needs_no_listener(void **state)
{
    (void)state;
    add(type, OUTBOX_BUS, true);
    step(false);
    assert_int_equal(waiting(), 0);
}

static void an_event_that_is_not_taken_holds_up_nobody(void **state)
{
    (void)state;
    step(false);
    broker_make_queue(broker, queue, type, 0);
    add(type, OUTBOX_BUS, false);
    add("relay.nowhere_at_all", OUTBOX_BUS, false);
    add(type, OUTBOX_BUS, false);
    step(false);
    assert_int_equal(waiting(), 1);
    assert_int_equal(broker_depth(broker, queue), 2);
}

static void an_event_too_large_to_send_holds_up_nobody(void **state)
{
    (void)state;
    step(false);
    broker_make_queue(broker, queue, type, 0);
    add(type, OUTBOX_BUS, false);
    feed_do(feed, arena_printf(
                      ctx->arena,
                      "INSERT INTO outbox (destination, event_id, type, subject, envelope,"
                      " traceparent, optional) VALUES (1, 'large', '%s', '', repeat('x', %d), '',"
                      " false)",
                      type, BUS_MAX_BODY + 1));
    add(type, OUTBOX_BUS, false);
    step(false);
    assert_int_equal(waiting(), 1);
    assert_int_equal(broker_depth(broker, queue), 2);
}

static void a_full_queue_keeps_events_in_the_outbox(void **state)
{
    enum { EVENTS = 10, ROOM = 3 };

    (void)state;
    step(false);
    broker_make_queue(broker, queue, type, ROOM);
    for (int i = 0; i < EVENTS; i++)
        add(type, OUTBOX_BUS, false);
    step(false);
    assert_in_range(waiting(), 1, EVENTS - ROOM);
    assert_int_equal(waiting() + broker_depth(broker, queue), EVENTS);
}

/* Its number is below those that the relay has long left behind. */
static void an_event_whose_transaction_was_slow_is_found_by_a_sweep(void **state)
{
    enum { BEHIND_MS = 2500 };
    struct ctx slow = testing_ctx_open(feed->env);
    const int64_t until = clock_mono_ms() + BEHIND_MS;
    struct db_rows rows;

    (void)state;
    step(false);
    broker_make_queue(broker, queue, type, 0);
    db_unit_begin(&slow, DB_WRITE);
    assert_int_equal(db_exec(&slow, &rows,
                             "INSERT INTO outbox (destination, event_id, type, subject, envelope,"
                             " traceparent, optional) VALUES (1, 'slow', $1, '', '{}', '', false)",
                             type)
                         .code,
                     ERR_OK);
    while (clock_mono_ms() < until) {
        add(type, OUTBOX_BUS, false);
        step(false);
    }
    assert_int_equal(db_unit_commit(&slow).code, ERR_OK);
    testing_ctx_close(&slow);
    assert_int_equal(waiting(), 1);
    wait_until((step(false), waiting() == 0));
}

/* NULL when no step failed. */
static void *relay_all(void *arg)
{
    struct ctx *mine = arg;
    struct relay *r = relay_to_bus(&broker_at);
    bool more;
    bool failed = false;
    int idle = 0;

    while (idle < 3 && !failed) {
        more = false;
        failed = relay_step(mine, r, &more).code != ERR_OK;
        idle += !more;
        arena_reset(mine->arena);
    }
    relay_free(r);
    return failed ? arg : NULL;
}

static void two_relays_share_the_work(void **state)
{
    enum { EVENTS = 2000 };
    struct ctx one = testing_ctx_open(feed->env), two = testing_ctx_open(feed->env);
    int *seen = arena_array(ctx->arena, int, EVENTS + 1);
    struct broker_message m;
    pthread_t other;
    void *failed;

    (void)state;
    step(false);
    broker_make_queue(broker, queue, type, 0);
    feed_do(feed, arena_printf(ctx->arena,
                               "INSERT INTO outbox (destination, event_id, type, subject, envelope,"
                               " traceparent, optional) SELECT 1, n, '%s', '', '{}', '', false"
                               " FROM generate_series(1, %d) AS n",
                               type, EVENTS));
    assert_int_equal(pthread_create(&other, NULL, relay_all, &two), 0);
    assert_null(relay_all(&one));
    pthread_join(other, &failed);
    assert_null(failed);
    assert_int_equal(waiting(), 0);
    wait_until(broker_depth(broker, queue) == EVENTS); /* each once: no fault, no repetition */
    for (int i = 0; i < EVENTS; i++) {
        assert_true(broker_get(broker, ctx->arena, queue, &m));
        assert_int_equal(seen[strtol(m.id, NULL, 10)]++, 0);
    }
    testing_ctx_close(&one);
    testing_ctx_close(&two);
}

static void a_relay_comes_back_after_its_connection_is_cut(void **state)
{
    struct proxy *proxy = proxy_open(broker_at.host, broker_at.port);
    struct bus_address through = broker_at;
    bool more;

    (void)state;
    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    relay_free(relay);
    relay = relay_to_bus(&through);
    step(false);
    broker_make_queue(broker, queue, type, 0);
    add(type, OUTBOX_BUS, false);
    proxy_set(proxy, PROXY_CUT);
    wait_until(relay_step(ctx, relay, &more).code == ERR_UNAVAILABLE);
    assert_int_equal(waiting(), 1);
    assert_int_equal(number("SELECT attempts FROM outbox"), 0); /* no fault of the event */
    proxy_set(proxy, PROXY_PASS);
    wait_until(relay_step(ctx, relay, &more).code == ERR_OK);
    assert_int_equal(waiting(), 0);
    assert_int_equal(broker_depth(broker, queue), 1);
    proxy_close(proxy);
}

static void a_confirm_that_does_not_come_keeps_the_event(void **state)
{
    struct proxy *proxy = proxy_open(broker_at.host, broker_at.port);
    struct bus_address through = broker_at;
    bool more;

    (void)state;
    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    relay_free(relay);
    relay = relay_to_bus(&through);
    step(false);
    broker_make_queue(broker, queue, type, 0);
    add(type, OUTBOX_BUS, false);
    proxy_set(proxy, PROXY_MUTE); /* the broker gets it, and its answer is lost */
    assert_int_equal(relay_step(ctx, relay, &more).code, ERR_UNAVAILABLE);
    assert_int_equal(waiting(), 1);
    assert_int_equal(broker_depth(broker, queue), 1);
    proxy_set(proxy, PROXY_PASS);
    step(false);
    assert_int_equal(waiting(), 0);
    assert_int_equal(broker_depth(broker, queue), 2); /* the inbox absorbs the second */
    proxy_close(proxy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_leave_in_order_as_they_were_written),
        TEST(a_full_batch_asks_for_another),
        TEST(an_event_that_nobody_is_bound_to_waits_until_somebody_is),
        TEST(it_waits_longer_each_time_but_at_most_a_minute),
        TEST(an_optional_event_needs_no_listener),
        TEST(an_event_that_is_not_taken_holds_up_nobody),
        TEST(an_event_too_large_to_send_holds_up_nobody),
        TEST(a_full_queue_keeps_events_in_the_outbox),
        TEST(an_event_whose_transaction_was_slow_is_found_by_a_sweep),
        TEST(two_relays_share_the_work),
        TEST(a_relay_comes_back_after_its_connection_is_cut),
        TEST(a_confirm_that_does_not_come_keeps_the_event),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
