/* test_stream_reader.c - events from a real Redis Stream to handlers and PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "feed.h"
#include "health.h"
#include "proxy.h"
#include "redis_server.h"
#include "stream.h"
#include "stream_reader.h"

enum { CLAIM_IDLE_MS = 100, MAX_DELIVERIES = 3 };

static struct feed *feed;
static struct arena *a;
static struct stream_address redis_at;
static const char *key, *dead; /* of one test */
static struct stream_reader *reader;

static int setup(void **state)
{
    (void)state;
    feed = feed_open();
    a = feed->env->ctx.arena;
    redis_at = redis_server_address();
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    feed_close(feed);
    return 0;
}

static bool ready(void)
{
    bool all;

    return strstr(health_report(a, &all), "\"redis\":\"ok\"");
}

static struct stream_reader_options options(const char *consumer)
{
    return (struct stream_reader_options){
        .redis = redis_at,
        .db = feed->env->db,
        .stream = key,
        .group = "group",
        .consumer = consumer,
        .subscriptions = feed->subscriptions,
        .nsubscriptions = FEED_SUBSCRIPTIONS,
        .claim_idle_ms = CLAIM_IDLE_MS,
        .max_deliveries = MAX_DELIVERIES,
    };
}

static void start_as(const char *consumer)
{
    const struct stream_reader_options opt = options(consumer);

    reader = stream_reader_start(&opt);
    wait_until(ready());
}

static void stop(void)
{
    stream_reader_stop(reader);
    reader = NULL;
}

static int fresh(void **state)
{
    (void)state;
    feed_reset(feed);
    key = testing_name(a, "waybill_test_reader");
    dead = arena_printf(a, "%s.dead", key);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    stop();
    redis_server_delete(key);
    return 0;
}

static const char *happen(const char *type)
{
    const char *id, *text = feed_event(feed, type, &id);

    redis_do("XADD", key, "*", "event", text);
    return id;
}

static struct stream_entry *read_as(const struct stream_consumer *c, size_t expected)
{
    struct stream *s = stream_open(&redis_at);
    struct stream_entry *entries;
    size_t n;

    assert_int_equal(stream_group(s, a, c).code, ERR_OK);
    assert_int_equal(stream_read(s, a, c, 100, 0, &entries, &n).code, ERR_OK);
    assert_int_equal(n, expected);
    stream_close(s);
    return entries;
}

/* What some consumer got and never acknowledged. */
static void read_and_die(const char *consumer, size_t expected)
{
    read_as(&(struct stream_consumer){key, "group", consumer}, expected);
}

static struct stream_entry *dead_entries(size_t expected)
{
    return read_as(&(struct stream_consumer){dead, "test", "undertaker"}, expected);
}

static bool all_done(void)
{
    return redis_server_settled(key, "group");
}

/* --- events that can be handled ---------------------------------------------------- */

static void events_take_effect_and_leave_the_stream(void **state)
{
    enum { EVENTS = 120 };

    (void)state;
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    start_as("me");
    wait_until(all_done());
    happen(feed->done);
    wait_until(feed_effects(feed) == EVENTS + 1);
    wait_until(all_done());
    assert_int_equal(redis_do("XLEN", dead), 0);
}

static void an_event_that_comes_twice_has_one_effect(void **state)
{
    const char *id, *text = feed_event(feed, feed->done, &id);

    (void)state;
    redis_do("XADD", key, "*", "event", text);
    redis_do("XADD", key, "*", "event", text);
    start_as("me");
    wait_until(all_done());
    redis_do("XADD", key, "*", "event", text);
    wait_until(all_done());
    assert_int_equal(feed_effects_of(feed, id), 1);
}

static void what_the_reader_held_when_it_died_is_handled_when_it_starts(void **state)
{
    struct stream_reader_options opt = options("me");

    (void)state;
    opt.claim_idle_ms = 3600000; /* nobody else takes it over */
    happen(feed->done);
    happen(feed->done);
    read_and_die("me", 2);
    reader = stream_reader_start(&opt);
    wait_until(feed_effects(feed) == 2);
    wait_until(all_done());
}

static void what_a_dead_reader_held_is_claimed(void **state)
{
    (void)state;
    happen(feed->done);
    read_and_die("somebody else", 1);
    happen(feed->done);
    start_as("me");
    wait_until(feed_effects(feed) == 2);
    wait_until(all_done());
}

static void two_readers_share_the_work(void **state)
{
    enum { EVENTS = 200 };
    const struct stream_reader_options opt = options("the other");
    struct stream_reader *other = stream_reader_start(&opt);

    (void)state;
    start_as("me");
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(feed_effects(feed) >= EVENTS);
    wait_until(all_done());
    stream_reader_stop(other);
    stop();
    assert_int_equal(feed_effects(feed), EVENTS);
}

/* --- events that cannot -------------------------------------------------------------- */

static void an_entry_that_keeps_failing_is_buried_and_its_neighbours_are_not(void **state)
{
    enum { PAUSE_MS = 1000 };
    struct stream_reader_options opt = options("me");
    int64_t at[2 * MAX_DELIVERIES];
    const char *poison;
    int calls;

    (void)state;
    opt.claim_idle_ms = PAUSE_MS;
    feed_set_failures(1000);
    happen(feed->done);
    poison = happen(feed->fails);
    happen(feed->done);
    reader = stream_reader_start(&opt);
    wait_until(feed_effects(feed) == 2);
    wait_until(redis_do("XLEN", dead) == 1);
    wait_until(all_done());
    calls = feed_calls(at, 2 * MAX_DELIVERIES);
    assert_in_range(calls, MAX_DELIVERIES, MAX_DELIVERIES + 1); /* one may be in the batch */
    for (int i = 1 + calls - MAX_DELIVERIES; i < calls; i++)
        assert_true(at[i] - at[i - 1] >= PAUSE_MS / 2); /* Redis counts from the delivery */
    assert_int_equal(redis_server_buried(key, "fails as it was told"), 1);
    assert_non_null(strstr(dead_entries(1)[0].event, poison));
    assert_int_equal(feed_effects_of(feed, poison), 0);
}

static void a_passing_fault_passes(void **state)
{
    const char *id;

    (void)state;
    feed_set_failures(1); /* alone in its batch, so this is one delivery */
    start_as("me");
    id = happen(feed->fails);
    wait_until(feed_effects_of(feed, id) == 1);
    wait_until(all_done());
    assert_int_equal(redis_do("XLEN", dead), 0);
}

static void what_can_never_be_handled_is_buried_at_once(void **state)
{
    const struct event newer = {
        .type = feed->done, .version = 2, .subject = "0193b9a0-0000-7000-8000-000000000001"};
    const char *const texts[] = {
        "{\"specversion\":",
        "",
        feed_event(feed, feed->unheard, NULL),
        feed_event(feed, feed->refused, NULL),
        event_format(&feed->env->ctx, &newer, "{}"),
    };
    enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
    struct stream_entry *buried;

    (void)state;
    start_as("me");
    for (int i = 0; i < TEXTS; i++)
        redis_do("XADD", key, "*", "event", texts[i]);
    redis_do("XADD", key, "*", "no", "event");
    happen(feed->done);
    wait_until(all_done());
    buried = dead_entries(TEXTS + 1);
    for (int i = 0; i < TEXTS; i++)
        assert_string_equal(buried[i].event, texts[i]);
    assert_int_equal(feed_effects(feed), 1);
}

/* Whoever handled it may have died of it, and nobody could say so. */
static void an_entry_delivered_too_often_is_buried_unopened(void **state)
{
    const struct stream_consumer victim = {key, "group", "first victim"};
    const char *deadly = happen(feed->fails);
    struct stream *s = stream_open(&redis_at);
    struct stream_entry *entries;
    size_t n;
    int64_t at;

    (void)state;
    read_as(&victim, 1);
    for (int i = 1; i < MAX_DELIVERIES; i++)
        assert_int_equal(stream_claim(s, a, &victim, 0, 10, &entries, &n).code, ERR_OK);
    stream_close(s);
    start_as("me");
    wait_until(all_done());
    assert_int_equal(
        redis_server_buried(key, arena_printf(a, "delivered %d times", MAX_DELIVERIES + 1)), 1);
    assert_non_null(strstr(dead_entries(1)[0].event, deadly));
    assert_int_equal(feed_calls(&at, 1), 0);
}

/* --- faults --------------------------------------------------------------------------- */

static void a_flushed_stream_is_read_again(void **state)
{
    (void)state;
    start_as("me");
    happen(feed->done);
    wait_until(feed_effects(feed) == 1);
    wait_until(all_done());
    redis_do("DEL", key);
    happen(feed->done);
    wait_until(feed_effects(feed) == 2);
    redis_do("XGROUP", "DESTROY", key, "group");
    happen(feed->done);
    wait_until(feed_effects(feed) == 3);
    wait_until(all_done());
}

static void a_reader_comes_back_after_redis_does(void **state)
{
    struct proxy *proxy = proxy_open(redis_at.host, redis_at.port);
    struct stream_reader_options opt = options("me");

    (void)state;
    opt.redis.host = "127.0.0.1";
    opt.redis.port = proxy_port(proxy);
    reader = stream_reader_start(&opt);
    wait_until(ready());
    happen(feed->done);
    wait_until(feed_effects(feed) == 1);
    proxy_set(proxy, PROXY_CUT);
    wait_until(!ready());
    happen(feed->done);
    proxy_set(proxy, PROXY_PASS);
    wait_until(feed_effects(feed) == 2);
    wait_until(all_done());
    stop();
    proxy_close(proxy);
}

static void while_the_database_is_gone_entries_wait(void **state)
{
    enum { EVENTS = 10 };
    struct proxy *proxy = feed_db_proxy(feed);
    struct stream_reader_options opt = options("me");

    (void)state;
    opt.db = feed_db_behind(feed, proxy_port(proxy));
    reader = stream_reader_start(&opt);
    wait_until(ready());
    proxy_set(proxy, PROXY_CUT);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(!ready());
    assert_int_equal(redis_do("XLEN", key), EVENTS);
    proxy_set(proxy, PROXY_PASS);
    wait_until(feed_effects(feed) == EVENTS);
    wait_until(all_done());
    assert_int_equal(redis_do("XLEN", dead), 0);
    stop();
    proxy_close(proxy);
}

/* Each attempt counts as a delivery in Redis; too many of them, and an entry is buried. */
static void while_the_databases_disk_is_full_no_entry_is_buried(void **state)
{
    enum { EVENTS = 10 };
    int64_t at[1];

    (void)state;
    start_as("me");
    feed_set_room(feed, false);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->fails);
    wait_until(!ready());
    wait_until(feed_calls(at, 1) > MAX_DELIVERIES + 1);
    assert_int_equal(redis_do("XLEN", key), EVENTS);
    feed_set_room(feed, true);
    wait_until(feed_effects(feed) == EVENTS);
    wait_until(all_done());
    assert_int_equal(redis_do("XLEN", dead), 0);
}

static int64_t consumers(void)
{
    return redis_do("EVAL", "return #redis.call('XINFO', 'CONSUMERS', KEYS[1], 'group')", "1", key);
}

static void a_reader_forgets_those_that_are_gone(void **state)
{
    struct stream_reader_options opt = options("after");

    (void)state;
    start_as("before");
    happen(feed->done);
    wait_until(all_done());
    stop();
    opt.forget_idle_ms = 3600000; /* "before" may still come back */
    reader = stream_reader_start(&opt);
    happen(feed->done);
    wait_until(feed_effects(feed) == 2);
    wait_until(all_done());
    assert_int_equal(consumers(), 2);
    stop();
    opt.forget_idle_ms = 1; /* by now it has been away for longer than that */
    reader = stream_reader_start(&opt);
    wait_until(consumers() == 1);
}

static void a_stop_is_quick_and_loses_nothing(void **state)
{
    enum { EVENTS = 300 };
    int64_t since;

    (void)state;
    start_as("me");
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    since = clock_mono_ms();
    stop();
    assert_in_range(clock_mono_ms() - since, 0, 4500); /* a time-out would be 5 s */
    start_as("me");
    wait_until(feed_effects(feed) == EVENTS);
    wait_until(all_done());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_take_effect_and_leave_the_stream),
        TEST(an_event_that_comes_twice_has_one_effect),
        TEST(what_the_reader_held_when_it_died_is_handled_when_it_starts),
        TEST(what_a_dead_reader_held_is_claimed),
        TEST(two_readers_share_the_work),
        TEST(an_entry_that_keeps_failing_is_buried_and_its_neighbours_are_not),
        TEST(a_passing_fault_passes),
        TEST(what_can_never_be_handled_is_buried_at_once),
        TEST(an_entry_delivered_too_often_is_buried_unopened),
        TEST(a_flushed_stream_is_read_again),
        TEST(a_reader_comes_back_after_redis_does),
        TEST(while_the_database_is_gone_entries_wait),
        TEST(while_the_databases_disk_is_full_no_entry_is_buried),
        TEST(a_reader_forgets_those_that_are_gone),
        TEST(a_stop_is_quick_and_loses_nothing),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
