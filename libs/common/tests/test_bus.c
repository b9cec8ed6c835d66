/* test_bus.c - the connection to RabbitMQ, with a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "broker.h"
#include "bus.h"
#include "clock.h"
#include "log.h"
#include "proxy.h"
#include "testing.h"

enum { PATIENCE_MS = 5000, PREFETCH = 50 };

#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct arena *a;
static struct broker *broker;
static struct bus_address address;
static const char *queue, *type; /* of this run alone */
static struct bus *bus;          /* with 'queue' subscribed to 'type', but not read */

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        struct err err_ = (call);                                                                  \
        if (err_.code)                                                                             \
            fail_msg("%s: %s", #call, err_.msg);                                                   \
    } while (0)

static int setup(void **state)
{
    (void)state;
    log_init("test", "test", "warn");
    a = arena_new();
    address = broker_address();
    broker = broker_open();
    broker_set_delays();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    broker_close(broker);
    arena_free(a);
    return 0;
}

static int open_bus(void **state)
{
    (void)state;
    queue = testing_name(a, "waybill_test_bus");
    type = arena_printf(a, "%s.happened", queue);
    if (bus_open(a, &address, &bus).code)
        return -1;
    return (int)bus_subscribe(bus, a, queue, &type, 1, PREFETCH).code;
}

static int close_bus(void **state)
{
    (void)state;
    bus_close(bus);
    broker_forget(broker, queue);
    return 0;
}

static struct message sample(const char *id)
{
    return (struct message){
        .id = id,
        .type = type,
        .traceparent = TRACEPARENT,
        .body = "{}",
        .body_len = 2,
        .queue = queue,
        .error = "why not",
    };
}

static void publish(const char *id)
{
    struct message m = sample(id);

    assert_ok(bus_publish(bus, a, &m, true));
}

static struct message next_message(void)
{
    struct message m;
    bool got;

    assert_ok(bus_next(bus, a, PATIENCE_MS, &m, &got));
    assert_true(got);
    return m;
}

/* --- publishing --------------------------------------------------------------- */

static void a_message_arrives_as_it_was_published(void **state)
{
    struct message m;

    (void)state;
    publish("id-1");
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    m = next_message();
    assert_string_equal(m.id, "id-1");
    assert_string_equal(m.type, type);
    assert_string_equal(m.traceparent, TRACEPARENT);
    assert_int_equal(m.body_len, 2);
    assert_memory_equal(m.body, "{}", 3);
    assert_int_equal(m.attempts, 0);
    assert_false(m.redelivered);
}

static void a_message_is_kept_on_disk_and_says_what_it_is(void **state)
{
    const char *other = arena_printf(a, "%s.other", queue);
    struct message m = sample("id-1");
    struct broker_message seen;

    (void)state;
    broker_make_queue(broker, other, other, 0);
    m.type = other;
    assert_ok(bus_publish(bus, a, &m, true));
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    assert_true(broker_get(broker, a, other, &seen));
    assert_int_equal(seen.delivery_mode, 2);
    assert_string_equal(seen.content_type, "application/cloudevents+json");
    assert_string_equal(seen.id, "id-1");
    assert_string_equal(seen.type, other);
    assert_string_equal(seen.traceparent, TRACEPARENT);
    broker_delete_queue(broker, other);
}

static void messages_that_reach_no_queue_are_named_by_their_place(void **state)
{
    struct message nowhere = sample("id-nowhere");
    bool refused[6];

    (void)state;
    nowhere.type = "bus.nowhere_at_all";
    publish("id-0");
    assert_ok(bus_publish(bus, a, &nowhere, true));
    publish("id-2");
    assert_ok(bus_publish(bus, a, &nowhere, false));
    assert_ok(bus_publish(bus, a, &nowhere, true));
    publish("id-5");
    assert_ok(bus_confirm(bus, a, refused, 6, PATIENCE_MS));
    assert_false(refused[0]);
    assert_true(refused[1]);
    assert_false(refused[2]);
    assert_false(refused[3]); /* not mandatory, so never returned, though its id is the same */
    assert_true(refused[4]);
    assert_false(refused[5]);
    publish("id-6"); /* the connection is as good as before */
    assert_ok(bus_confirm(bus, a, refused, 6, PATIENCE_MS));
    assert_false(refused[0]);
}

static void a_full_queue_refuses_and_loses_nothing(void **state)
{
    enum { MESSAGES = 5 };
    const char *full = arena_printf(a, "%s.full", queue);
    struct message m = sample("id-1");
    bool refused[MESSAGES];
    int taken = 0;

    (void)state;
    broker_make_queue(broker, full, full, 2);
    m.type = full;
    for (int i = 0; i < MESSAGES; i++)
        assert_ok(bus_publish(bus, a, &m, false));
    assert_ok(bus_confirm(bus, a, refused, MESSAGES, PATIENCE_MS));
    for (int i = 0; i < MESSAGES; i++)
        taken += !refused[i];
    assert_false(refused[0]);
    assert_true(refused[MESSAGES - 1]);
    assert_int_equal(taken, broker_depth(broker, full));
    broker_delete_queue(broker, full);
}

static void a_refusal_that_nobody_asks_for_is_an_error(void **state)
{
    struct message nowhere = sample("id-nowhere");

    (void)state;
    nowhere.type = "bus.nowhere_at_all";
    assert_ok(bus_publish(bus, a, &nowhere, true));
    assert_int_equal(bus_confirm(bus, a, NULL, 0, PATIENCE_MS).code, ERR_UNAVAILABLE);
}

static void publish_window(int first)
{
    bool refused[BUS_MAX_UNCONFIRMED];

    memset(refused, 1, sizeof(refused));
    for (int i = first; i < first + BUS_MAX_UNCONFIRMED; i++)
        publish(arena_printf(a, "id-%d", i));
    assert_ok(bus_confirm(bus, a, refused, BUS_MAX_UNCONFIRMED, PATIENCE_MS));
    for (int k = 0; k < BUS_MAX_UNCONFIRMED; k++)
        assert_false(refused[k]);
}

static void thousands_of_confirms_are_all_accounted_for(void **state)
{
    enum { WINDOWS = 6, MESSAGES = WINDOWS * BUS_MAX_UNCONFIRMED };

    (void)state;
    for (int i = 0; i < WINDOWS; i++)
        publish_window(i * BUS_MAX_UNCONFIRMED);
    for (int i = 0; i < MESSAGES; i++) { /* and arrived, in order */
        struct message m = next_message();

        assert_string_equal(m.id, arena_printf(a, "id-%d", i));
        if (i % PREFETCH == PREFETCH - 1)
            assert_ok(bus_ack(bus, a, m.delivery_tag, true));
    }
}

static void more_than_the_window_is_refused_until_it_is_confirmed(void **state)
{
    struct message m = sample("id-1");

    (void)state;
    for (int i = 0; i < BUS_MAX_UNCONFIRMED; i++)
        assert_ok(bus_publish(bus, a, &m, true));
    assert_int_equal(bus_publish(bus, a, &m, true).code, ERR_INTERNAL);
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    assert_ok(bus_publish(bus, a, &m, true));
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
}

static void a_message_that_cannot_be_sent_harms_no_other(void **state)
{
    char *much = arena_alloc(a, BUS_MAX_BODY + 2);
    struct message m = sample("id-large");

    (void)state;
    memset(much, 'x', BUS_MAX_BODY + 1);
    m.body = much;
    m.body_len = BUS_MAX_BODY + 1;
    assert_int_equal(bus_publish(bus, a, &m, true).code, ERR_INVALID);
    m = sample("id-long-type");
    much[256] = '\0';
    m.type = much;
    assert_int_equal(bus_publish(bus, a, &m, true).code, ERR_INVALID);
    publish("id-fine");
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    assert_string_equal(next_message().id, "id-fine");
}

static void deliveries_during_a_wait_for_confirms_are_kept(void **state)
{
    enum { MESSAGES = 40 };
    char id[16];

    (void)state;
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        publish(id);
        if (i % 4 == 3)
            assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    }
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(id, sizeof(id), "id-%d", i);
        assert_string_equal(next_message().id, id);
    }
}

/* --- reading ------------------------------------------------------------------ */

static void nothing_to_read_is_no_error(void **state)
{
    const int64_t since = clock_mono_ms();
    struct message m;
    bool got = true;

    (void)state;
    assert_ok(bus_next(bus, a, 0, &m, &got));
    assert_false(got);
    assert_ok(bus_next(bus, a, 30, &m, &got));
    assert_false(got);
    assert_in_range(clock_mono_ms() - since, 29, 1000);
}

static void a_foreign_message_without_properties_is_read(void **state)
{
    struct message m;

    (void)state;
    broker_put(broker, BUS_EXCHANGE, type, NULL, NULL, "\0\xff{", 3, false);
    m = next_message();
    assert_string_equal(m.id, "");
    assert_string_equal(m.type, type); /* the routing key */
    assert_string_equal(m.traceparent, "");
    assert_int_equal(m.body_len, 3);
    assert_memory_equal(m.body, "\0\xff{", 4);
    assert_int_equal(m.attempts, 0);
}

static void a_foreign_message_with_odd_properties_is_read(void **state)
{
    char longest[256];
    struct message m;

    (void)state;
    memset(longest, 'i', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    broker_put(broker, BUS_EXCHANGE, type, longest, "", "", 0, true);
    m = next_message();
    assert_string_equal(m.id, longest);
    assert_string_equal(m.type, type);
    assert_string_equal(m.traceparent, "");
    assert_int_equal(m.attempts, 0);
    assert_int_equal(m.body_len, 0);
    assert_string_equal(m.body, "");
    m.queue = queue; /* and can be put aside as it is */
    m.error = "odd";
    assert_ok(bus_bury(bus, a, &m));
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
}

static void a_message_too_large_to_read_goes_to_the_dead_letters_whole(void **state)
{
    enum { SIZE = BUS_MAX_BODY + 1 };
    const char *dead = arena_printf(a, "%s.dead", queue);
    char *much = arena_alloc(a, SIZE + 1);
    struct broker_message seen;

    (void)state;
    memset(much, 'x', SIZE);
    broker_put(broker, BUS_EXCHANGE, type, "id-large", type, much, SIZE, false);
    publish("id-small");
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    assert_string_equal(next_message().id, "id-small");
    wait_until(bus_idle(bus, a).code == ERR_OK && broker_depth(broker, dead) == 1);
    assert_true(broker_get(broker, a, dead, &seen));
    assert_string_equal(seen.id, "id-large");
    assert_int_equal(strlen(seen.body), SIZE);
}

static void what_is_not_acknowledged_is_delivered_again(void **state)
{
    struct message m;

    (void)state;
    publish("id-1");
    publish("id-2");
    publish("id-3");
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    next_message();
    m = next_message();
    assert_ok(bus_ack(bus, a, m.delivery_tag, true));
    assert_string_equal(next_message().id, "id-3");
    bus_close(bus);
    assert_ok(bus_open(a, &address, &bus));
    assert_ok(bus_subscribe(bus, a, queue, &type, 1, PREFETCH));
    m = next_message();
    assert_string_equal(m.id, "id-3");
    assert_true(m.redelivered);
}

/* --- what failed -------------------------------------------------------------- */

static void a_retried_message_comes_back_later_each_time(void **state)
{
    struct message m;

    (void)state;
    publish("id-1");
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    m = next_message();
    for (int attempt = 1; attempt <= BUS_RETRIES; attempt++) {
        const int64_t since = clock_mono_ms();

        m.queue = queue;
        m.error = "not now";
        assert_ok(bus_retry(bus, a, &m));
        assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
        assert_ok(bus_ack(bus, a, m.delivery_tag, false));
        m = next_message();
        assert_true(clock_mono_ms() - since >= bus_retry_delay_ms(attempt) - 1);
        assert_int_equal(m.attempts, attempt);
        assert_string_equal(m.id, "id-1");
        assert_string_equal(m.type, type);
        assert_string_equal(m.traceparent, TRACEPARENT);
        assert_string_equal(m.body, "{}");
    }
    assert_true(bus_retry_delay_ms(BUS_RETRIES) > bus_retry_delay_ms(1));
}

static void a_buried_message_keeps_its_reason_cut_between_characters(void **state)
{
    const char *dead = arena_printf(a, "%s.dead", queue);
    char *reason = arena_alloc(a, 2 * BUS_MAX_ERROR + 3);
    struct message m = sample("id-1");
    struct broker_message seen;

    (void)state;
    reason[0] = 'a';
    for (int i = 1; i < 2 * BUS_MAX_ERROR; i += 2)
        memcpy(reason + i, "é", 2); /* an odd offset: the cut would fall within one */
    m.error = reason;
    m.attempts = 3;
    assert_ok(bus_bury(bus, a, &m));
    assert_ok(bus_confirm(bus, a, NULL, 0, PATIENCE_MS));
    assert_true(broker_get(broker, a, dead, &seen));
    assert_int_equal(strlen(seen.error), BUS_MAX_ERROR - 1);
    assert_memory_equal(seen.error, reason, BUS_MAX_ERROR - 1);
    assert_string_equal(seen.queue, queue);
    assert_int_equal(seen.attempt, 3);
    assert_string_equal(seen.type, type);
}

static void publishing_to_an_exchange_that_is_gone_is_internal(void **state)
{
    struct message m = sample("id-1");
    struct bus *publisher;
    struct err err;

    (void)state;
    assert_ok(bus_open(a, &address, &publisher));
    broker_forget(broker, queue);
    assert_ok(bus_retry(publisher, a, &m));
    err = bus_confirm(publisher, a, NULL, 0, PATIENCE_MS);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.msg, "NOT_FOUND"));
    bus_close(publisher);
}

/* --- faults ------------------------------------------------------------------- */

static void the_end_of_the_queue_is_noticed(void **state)
{
    struct message m;
    bool got;

    (void)state;
    broker_delete_queue(broker, queue);
    assert_int_equal(bus_next(bus, a, PATIENCE_MS, &m, &got).code, ERR_UNAVAILABLE);
}

static void a_wrong_password_is_told(void **state)
{
    struct bus_address wrong = address;
    struct bus *none;
    struct err err;

    (void)state;
    wrong.password = "wrong";
    err = bus_open(a, &wrong, &none);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.msg, "ACCESS_REFUSED"));
    assert_null(none);
}

static void a_port_where_nobody_listens_is_told(void **state)
{
    struct bus_address wrong = address;
    struct bus *none;

    (void)state;
    wrong.port = 1;
    assert_int_equal(bus_open(a, &wrong, &none).code, ERR_UNAVAILABLE);
}

static struct bus *open_through(struct proxy *proxy)
{
    struct bus_address through = address;
    struct bus *b;

    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    assert_ok(bus_open(a, &through, &b));
    return b;
}

static void a_cut_connection_is_noticed_when_idle(void **state)
{
    struct proxy *proxy = proxy_open(address.host, address.port);
    struct bus *b = open_through(proxy);

    (void)state;
    assert_ok(bus_idle(b, a));
    proxy_set(proxy, PROXY_CUT);
    wait_until(bus_idle(b, a).code == ERR_UNAVAILABLE);
    bus_close(b);
    proxy_close(proxy);
}

static void a_broker_that_hangs_is_not_waited_for(void **state)
{
    struct proxy *proxy = proxy_open(address.host, address.port);
    struct bus *b = open_through(proxy);
    struct message m = sample("id-1");
    int64_t since = clock_mono_ms();

    (void)state;
    proxy_set(proxy, PROXY_HOLD);
    assert_ok(bus_publish(b, a, &m, true));
    assert_int_equal(bus_confirm(b, a, NULL, 0, 100).code, ERR_UNAVAILABLE);
    bus_close(b);
    assert_in_range(clock_mono_ms() - since, 99, 1000);
    proxy_close(proxy);
}

static void a_healthy_connection_is_closed_soon_even_when_the_broker_hangs(void **state)
{
    struct proxy *proxy = proxy_open(address.host, address.port);
    struct bus *b = open_through(proxy);
    int64_t since = clock_mono_ms();

    (void)state;
    proxy_set(proxy, PROXY_HOLD);
    bus_close(b);
    assert_in_range(clock_mono_ms() - since, 0, 1000);
    proxy_close(proxy);
}

/* The kernel's buffers fill up, and nobody reads: TCP_USER_TIMEOUT ends it. */
static void a_broker_that_stops_reading_does_not_block_for_ever(void **state)
{
    struct proxy *proxy = proxy_open(address.host, address.port);
    struct bus *b = open_through(proxy);
    char *much = arena_alloc(a, BUS_MAX_BODY);
    struct message m = sample("id-1");
    int64_t since = clock_mono_ms();
    struct err err = OK;

    (void)state;
    m.body = much;
    m.body_len = BUS_MAX_BODY;
    proxy_set(proxy, PROXY_HOLD);
    for (int i = 0; !err.code && i < BUS_MAX_UNCONFIRMED; i++)
        err = bus_publish(b, a, &m, true);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - since, 0, 15000);
    bus_close(b);
    proxy_close(proxy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bus, close_bus)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_arrives_as_it_was_published),
        TEST(a_message_is_kept_on_disk_and_says_what_it_is),
        TEST(messages_that_reach_no_queue_are_named_by_their_place),
        TEST(a_full_queue_refuses_and_loses_nothing),
        TEST(a_refusal_that_nobody_asks_for_is_an_error),
        TEST(thousands_of_confirms_are_all_accounted_for),
        TEST(more_than_the_window_is_refused_until_it_is_confirmed),
        TEST(a_message_that_cannot_be_sent_harms_no_other),
        TEST(deliveries_during_a_wait_for_confirms_are_kept),
        TEST(nothing_to_read_is_no_error),
        TEST(a_foreign_message_without_properties_is_read),
        TEST(a_foreign_message_with_odd_properties_is_read),
        TEST(a_message_too_large_to_read_goes_to_the_dead_letters_whole),
        TEST(what_is_not_acknowledged_is_delivered_again),
        TEST(a_retried_message_comes_back_later_each_time),
        TEST(a_buried_message_keeps_its_reason_cut_between_characters),
        TEST(publishing_to_an_exchange_that_is_gone_is_internal),
        TEST(the_end_of_the_queue_is_noticed),
        TEST(a_wrong_password_is_told),
        TEST(a_port_where_nobody_listens_is_told),
        TEST(a_cut_connection_is_noticed_when_idle),
        TEST(a_broker_that_hangs_is_not_waited_for),
        TEST(a_healthy_connection_is_closed_soon_even_when_the_broker_hangs),
        TEST(a_broker_that_stops_reading_does_not_block_for_ever),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
