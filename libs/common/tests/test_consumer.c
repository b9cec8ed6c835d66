/* test_consumer.c - events from a real RabbitMQ to handlers and a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "broker.h"
#include "bus.h"
#include "clock.h"
#include "consumer.h"
#include "feed.h"
#include "health.h"
#include "proxy.h"

static struct feed *feed;
static struct arena *a;
static struct broker *broker;
static const char *queue, *dead; /* of one test */
static struct consumer *consumer;

static int setup(void **state)
{
    (void)state;
    feed = feed_open();
    a = feed->env->ctx.arena;
    broker = broker_open();
    broker_set_delays();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    broker_close(broker);
    feed_close(feed);
    return 0;
}

/* A queue of its own for each test; the exchange is there once a consumer is. */
static struct consumer_options options(void)
{
    return (struct consumer_options){
        .broker = broker_address(),
        .db = feed->env->db,
        .queue = queue,
        .subscriptions = feed->subscriptions,
        .nsubscriptions = FEED_SUBSCRIPTIONS,
    };
}

static bool ready(void)
{
    bool all;

    return strstr(health_report(a, &all), "\"rabbitmq\":\"ok\"");
}

static void start(const struct consumer_options *opt)
{
    consumer = consumer_start(opt);
    wait_until(ready());
}

static void stop(void)
{
    consumer_stop(consumer);
    consumer = NULL;
}

static int fresh(void **state)
{
    (void)state;
    feed_reset(feed);
    queue = testing_name(a, "waybill_test_consumer");
    dead = arena_printf(a, "%s.dead", queue);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    stop();
    broker_forget(broker, queue);
    return 0;
}

static void put(const char *text)
{
    broker_put(broker, "", queue, NULL, NULL, text, strlen(text), false);
}

/* Through the exchange, as other services do. */
static const char *happen(const char *type)
{
    const char *id, *text = feed_event(feed, type, &id);

    broker_put(broker, BUS_EXCHANGE, type, id, type, text, strlen(text), false);
    return id;
}

/* Nothing ready and nothing unacknowledged: what is left comes back when we let go. */
static void assert_all_acknowledged(void)
{
    stop();
    assert_int_equal(broker_depth(broker, queue), 0);
}

/* --- events that can be handled -------------------------------------------------- */

static void events_take_effect_and_leave_the_queue(void **state)
{
    enum { EVENTS = 120 };
    const struct consumer_options opt = options();

    (void)state;
    start(&opt);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(feed_effects(feed) == EVENTS);
    assert_all_acknowledged();
    assert_int_equal(broker_depth(broker, dead), 0);
}

static void a_duplicate_has_one_effect(void **state)
{
    const struct consumer_options opt = options();
    const char *id, *text = feed_event(feed, feed->done, &id);

    (void)state;
    start(&opt);
    put(text);
    put(text);
    wait_until(feed_effects(feed) == 1);
    put(text);
    put(feed_event(feed, feed->done, NULL));
    wait_until(feed_effects(feed) == 2);
    assert_all_acknowledged();
    assert_int_equal(feed_effects_of(feed, id), 1);
}

static void two_consumers_share_the_work(void **state)
{
    enum { EVENTS = 200 };
    const struct consumer_options opt = options();
    struct consumer *other = consumer_start(&opt); /* both declare the queue at once */

    (void)state;
    start(&opt);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(feed_effects(feed) == EVENTS);
    consumer_stop(other);
    assert_all_acknowledged();
    assert_int_equal(feed_effects(feed), EVENTS);
}

/* --- events that cannot ----------------------------------------------------------- */

static void a_poison_message_is_retried_later_each_time_and_buried(void **state)
{
    const struct consumer_options opt = options();
    int64_t at[BUS_RETRIES + 2] = {0};
    const char *poison;
    struct broker_message m;
    int extra;

    (void)state;
    start(&opt);
    feed_set_failures(1000);
    happen(feed->done);
    poison = happen(feed->fails);
    happen(feed->done);
    wait_until(feed_effects(feed) == 2); /* its neighbours do not wait for it */
    wait_until(broker_depth(broker, dead) == 1);
    stop();
    /* Called once for each delivery, and once more if it came in a batch at first. */
    extra = feed_calls(at, BUS_RETRIES + 2) - (BUS_RETRIES + 1);
    assert_in_range(extra, 0, 1);
    for (int i = 1; i <= BUS_RETRIES; i++)
        assert_true(at[i + extra] - at[i + extra - 1] >= bus_retry_delay_ms(i) - 1);
    assert_true(broker_get(broker, a, dead, &m));
    assert_string_equal(m.id, poison);
    assert_string_equal(m.queue, queue);
    assert_string_equal(m.error, "fails as it was told");
    assert_int_equal(m.attempt, BUS_RETRIES);
    assert_int_equal(feed_effects_of(feed, poison), 0);
    assert_int_equal(broker_depth(broker, queue), 0);
}

static void a_passing_fault_passes(void **state)
{
    const struct consumer_options opt = options();
    const char *id;

    (void)state;
    start(&opt);
    feed_set_failures(3);
    id = happen(feed->fails);
    wait_until(feed_effects_of(feed, id) == 1);
    assert_all_acknowledged();
    assert_int_equal(broker_depth(broker, dead), 0);
}

static void what_can_never_be_handled_is_buried_at_once(void **state)
{
    const struct {
        const char *text, *reason;
    } cases[] = {
        {"{\"specversion\":", "JSON"       },
        {"",                  ""           },
        {feed_event(feed,     feed->unheard, NULL), "no handler for"},
        {feed_event(feed,   feed->refused,                NULL), "its state forbids it"},
        {"{\"specversion\":\"0.3\",\"id\":\"1\"}",    "specversion must be 1.0"},
    };
    const struct consumer_options opt = options();
    struct broker_message m;

    (void)state;
    start(&opt);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put(cases[i].text);
        wait_until(broker_get(broker, a, dead, &m));
        assert_string_equal(m.body, cases[i].text);
        assert_int_equal(m.attempt, 0);
        if (!strstr(m.error, cases[i].reason))
            fail_msg("\"%s\" does not say: %s", m.error, cases[i].reason);
    }
    assert_all_acknowledged();
    assert_int_equal(feed_effects(feed), 0);
}

static void an_unknown_version_is_buried_with_its_name(void **state)
{
    const struct event e = {
        .type = feed->done, .version = 2, .subject = "0193b9a0-0000-7000-8000-000000000001"};
    const struct consumer_options opt = options();
    struct broker_message m;

    (void)state;
    start(&opt);
    put(event_format(&feed->env->ctx, &e, "{}"));
    wait_until(broker_get(broker, a, dead, &m));
    assert_non_null(strstr(m.error, arena_printf(a, "%s.v2", feed->done)));
}

static void foreign_messages_among_ours_harm_none(void **state)
{
    const struct consumer_options opt = options();

    (void)state;
    start(&opt);
    broker_put(broker, "", queue, "", "", "\0\1\2", 3, true);
    happen(feed->done);
    broker_put(broker, "", queue, NULL, "x", "[]", 2, true);
    happen(feed->done);
    wait_until(feed_effects(feed) == 2);
    wait_until(broker_depth(broker, dead) == 2);
    assert_all_acknowledged();
}

/* --- faults ------------------------------------------------------------------------ */

static void a_consumer_comes_back_after_its_connection_is_cut(void **state)
{
    struct consumer_options opt = options();
    struct proxy *proxy = proxy_open(opt.broker.host, opt.broker.port);

    (void)state;
    opt.broker.host = "127.0.0.1";
    opt.broker.port = proxy_port(proxy);
    start(&opt);
    happen(feed->done);
    wait_until(feed_effects(feed) == 1);
    proxy_set(proxy, PROXY_CUT);
    wait_until(!ready());
    happen(feed->done);
    proxy_set(proxy, PROXY_PASS);
    wait_until(feed_effects(feed) == 2);
    wait_until(ready());
    assert_all_acknowledged();
    proxy_close(proxy);
}

static void a_deleted_queue_is_made_again(void **state)
{
    const struct consumer_options opt = options();

    (void)state;
    start(&opt);
    broker_delete_queue(broker, queue);
    wait_until(broker_depth(broker, queue) == 0);
    wait_until(ready());
    happen(feed->done);
    wait_until(feed_effects(feed) == 1);
}

static void while_the_database_is_gone_messages_wait_uncounted(void **state)
{
    enum { EVENTS = 20 };
    struct proxy *proxy = feed_db_proxy(feed);
    struct consumer_options opt = options();

    (void)state;
    opt.db = feed_db_behind(feed, proxy_port(proxy));
    start(&opt);
    proxy_set(proxy, PROXY_CUT);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(!ready());
    wait_until(broker_depth(broker, queue) == EVENTS); /* the consumer let go of them */
    for (int i = 1; i <= BUS_RETRIES; i++)
        assert_int_equal(broker_depth(broker, arena_printf(a, "retry.%dms", bus_retry_delay_ms(i))),
                         0);
    proxy_set(proxy, PROXY_PASS);
    wait_until(feed_effects(feed) == EVENTS);
    assert_all_acknowledged();
    assert_int_equal(broker_depth(broker, dead), 0);
    proxy_close(proxy);
}

static void while_the_databases_disk_is_full_messages_wait_uncounted(void **state)
{
    enum { EVENTS = 20 };
    const struct consumer_options opt = options();

    (void)state;
    start(&opt);
    feed_set_room(feed, false);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(!ready());
    wait_until(broker_depth(broker, queue) == EVENTS);
    for (int i = 1; i <= BUS_RETRIES; i++)
        assert_int_equal(broker_depth(broker, arena_printf(a, "retry.%dms", bus_retry_delay_ms(i))),
                         0);
    assert_false(ready());
    feed_set_room(feed, true);
    wait_until(feed_effects(feed) == EVENTS);
    wait_until(ready());
    assert_all_acknowledged();
    assert_int_equal(broker_depth(broker, dead), 0);
}

static void without_the_database_the_queue_is_left_alone(void **state)
{
    struct proxy *proxy = feed_db_proxy(feed);
    struct consumer_options opt = options();

    (void)state;
    opt.db = feed_db_behind(feed, proxy_port(proxy));
    proxy_set(proxy, PROXY_CUT);
    consumer = consumer_start(&opt);
    wait_until(proxy_connections(proxy) > 2);
    assert_int_equal(broker_depth(broker, queue), -1); /* not even made */
    proxy_set(proxy, PROXY_PASS);
    wait_until(ready());
    stop();
    proxy_close(proxy);
}

static void a_stop_is_quick_and_loses_nothing(void **state)
{
    enum { EVENTS = 300 };
    const struct consumer_options opt = options();
    int64_t since;

    (void)state;
    start(&opt);
    for (int i = 0; i < EVENTS; i++)
        happen(feed->done);
    wait_until(feed_effects(feed) > 0);
    since = clock_mono_ms();
    stop();
    assert_in_range(clock_mono_ms() - since, 0, 4500); /* a time-out would be 5 s */
    assert_false(ready());
    start(&opt);
    wait_until(feed_effects(feed) == EVENTS);
    assert_all_acknowledged();
    assert_int_equal(feed_effects(feed), EVENTS);
}

static void a_stop_does_not_wait_for_a_broker_that_is_down(void **state)
{
    struct consumer_options opt = options();
    int64_t since;

    (void)state;
    opt.broker.port = 1;
    consumer = consumer_start(&opt);
    wait_until(!ready());
    since = clock_mono_ms();
    stop();
    assert_in_range(clock_mono_ms() - since, 0, 4500);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_take_effect_and_leave_the_queue),
        TEST(a_duplicate_has_one_effect),
        TEST(two_consumers_share_the_work),
        TEST(a_poison_message_is_retried_later_each_time_and_buried),
        TEST(a_passing_fault_passes),
        TEST(what_can_never_be_handled_is_buried_at_once),
        TEST(an_unknown_version_is_buried_with_its_name),
        TEST(foreign_messages_among_ours_harm_none),
        TEST(a_consumer_comes_back_after_its_connection_is_cut),
        TEST(a_deleted_queue_is_made_again),
        TEST(while_the_database_is_gone_messages_wait_uncounted),
        TEST(while_the_databases_disk_is_full_messages_wait_uncounted),
        TEST(without_the_database_the_queue_is_left_alone),
        TEST(a_stop_is_quick_and_loses_nothing),
        TEST(a_stop_does_not_wait_for_a_broker_that_is_down),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
