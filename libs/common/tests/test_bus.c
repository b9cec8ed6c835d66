/* test_bus.c - messages to a real RabbitMQ and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "line.h"
#include "testing.h"

/* --- publishing --------------------------------------------------------------- */

static void a_message_arrives_as_it_was_published(void **state)
{
    struct message m;

    (void)state;
    line_publish("id-1");
    line_confirm();
    m = line_next();
    assert_string_equal(m.id, "id-1");
    assert_string_equal(m.type, line.type);
    assert_string_equal(m.traceparent, LINE_TRACEPARENT);
    assert_int_equal(m.body_len, 2);
    assert_memory_equal(m.body, "{}", 3);
    assert_int_equal(m.attempts, 0);
    assert_false(m.redelivered);
}

static void a_message_is_kept_on_disk_and_says_what_it_is(void **state)
{
    const char *other = arena_printf(line.a, "%s.other", line.queue);
    struct message m = line_message("id-1");
    struct broker_message seen;

    (void)state;
    broker_make_queue(line.broker, other, other, 0);
    m.type = other;
    assert_ok(bus_publish(line.bus, line.a, &m, true));
    line_confirm();
    assert_true(broker_get(line.broker, line.a, other, &seen));
    assert_int_equal(seen.delivery_mode, 2);
    assert_string_equal(seen.content_type, "application/cloudevents+json");
    assert_string_equal(seen.id, "id-1");
    assert_string_equal(seen.type, other);
    assert_string_equal(seen.traceparent, LINE_TRACEPARENT);
    broker_delete_queue(line.broker, other);
}

static void messages_that_reach_no_queue_are_named_by_their_place(void **state)
{
    struct message nowhere = line_message("id-nowhere");
    bool refused[6];

    (void)state;
    nowhere.type = "bus.nowhere_at_all";
    line_publish("id-0");
    assert_ok(bus_publish(line.bus, line.a, &nowhere, true));
    line_publish("id-2");
    assert_ok(bus_publish(line.bus, line.a, &nowhere, false));
    assert_ok(bus_publish(line.bus, line.a, &nowhere, true));
    line_publish("id-5");
    assert_ok(bus_confirm(line.bus, line.a, refused, 6, LINE_PATIENCE_MS));
    assert_false(refused[0]);
    assert_true(refused[1]);
    assert_false(refused[2]);
    assert_false(refused[3]); /* not mandatory, so never returned, though its id is the same */
    assert_true(refused[4]);
    assert_false(refused[5]);
    line_publish("id-6"); /* the connection is as good as before */
    assert_ok(bus_confirm(line.bus, line.a, refused, 6, LINE_PATIENCE_MS));
    assert_false(refused[0]);
}

static void a_full_queue_refuses_and_loses_nothing(void **state)
{
    enum { MESSAGES = 5 };
    const char *full = arena_printf(line.a, "%s.full", line.queue);
    struct message m = line_message("id-1");
    bool refused[MESSAGES];
    int taken = 0;

    (void)state;
    broker_make_queue(line.broker, full, full, 2);
    m.type = full;
    for (int i = 0; i < MESSAGES; i++)
        assert_ok(bus_publish(line.bus, line.a, &m, false));
    assert_ok(bus_confirm(line.bus, line.a, refused, MESSAGES, LINE_PATIENCE_MS));
    for (int i = 0; i < MESSAGES; i++)
        taken += !refused[i];
    assert_false(refused[0]);
    assert_true(refused[MESSAGES - 1]);
    assert_int_equal(taken, broker_depth(line.broker, full));
    broker_delete_queue(line.broker, full);
}

static void a_refusal_that_nobody_asks_for_is_an_error(void **state)
{
    struct message nowhere = line_message("id-nowhere");

    (void)state;
    nowhere.type = "bus.nowhere_at_all";
    assert_ok(bus_publish(line.bus, line.a, &nowhere, true));
    assert_int_equal(bus_confirm(line.bus, line.a, NULL, 0, LINE_PATIENCE_MS).code,
                     ERR_UNAVAILABLE);
}

static void publish_window(int first)
{
    bool refused[BUS_MAX_UNCONFIRMED];

    memset(refused, 1, sizeof(refused));
    for (int i = first; i < first + BUS_MAX_UNCONFIRMED; i++)
        line_publish(arena_printf(line.a, "id-%d", i));
    assert_ok(bus_confirm(line.bus, line.a, refused, BUS_MAX_UNCONFIRMED, LINE_PATIENCE_MS));
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
        struct message m = line_next();

        assert_string_equal(m.id, arena_printf(line.a, "id-%d", i));
        if (i % LINE_PREFETCH == LINE_PREFETCH - 1)
            assert_ok(bus_ack(line.bus, line.a, m.delivery_tag, true));
    }
}

static void more_than_the_window_is_refused_until_it_is_confirmed(void **state)
{
    struct message m = line_message("id-1");

    (void)state;
    for (int i = 0; i < BUS_MAX_UNCONFIRMED; i++)
        assert_ok(bus_publish(line.bus, line.a, &m, true));
    assert_int_equal(bus_publish(line.bus, line.a, &m, true).code, ERR_INTERNAL);
    line_confirm();
    assert_ok(bus_publish(line.bus, line.a, &m, true));
    line_confirm();
}

static void a_message_that_cannot_be_sent_harms_no_other(void **state)
{
    char *much = arena_alloc(line.a, BUS_MAX_BODY + 2);
    struct message m = line_message("id-large");

    (void)state;
    memset(much, 'x', BUS_MAX_BODY + 1);
    m.body = much;
    m.body_len = BUS_MAX_BODY + 1;
    assert_int_equal(bus_publish(line.bus, line.a, &m, true).code, ERR_INVALID);
    m = line_message("id-long-type");
    much[256] = '\0';
    m.type = much;
    assert_int_equal(bus_publish(line.bus, line.a, &m, true).code, ERR_INVALID);
    line_publish("id-fine");
    line_confirm();
    assert_string_equal(line_next().id, "id-fine");
}

static void deliveries_during_a_wait_for_confirms_are_kept(void **state)
{
    enum { MESSAGES = 40 };

    (void)state;
    for (int i = 0; i < MESSAGES; i++) {
        line_publish(arena_printf(line.a, "id-%d", i));
        if (i % 4 == 3)
            line_confirm();
    }
    for (int i = 0; i < MESSAGES; i++)
        assert_string_equal(line_next().id, arena_printf(line.a, "id-%d", i));
}

/* --- reading ------------------------------------------------------------------ */

static void nothing_to_read_is_no_error(void **state)
{
    const int64_t since = clock_mono_ms();
    struct message m;
    bool got = true;

    (void)state;
    assert_ok(bus_next(line.bus, line.a, 0, &m, &got));
    assert_false(got);
    assert_ok(bus_next(line.bus, line.a, 30, &m, &got));
    assert_false(got);
    assert_in_range(clock_mono_ms() - since, 29, 4500); /* a time-out would be 5 s */
}

static void a_foreign_message_without_properties_is_read(void **state)
{
    struct message m;

    (void)state;
    broker_put(line.broker, BUS_EXCHANGE, line.type, NULL, NULL, "\0\xff{", 3, false);
    m = line_next();
    assert_string_equal(m.id, "");
    assert_string_equal(m.type, line.type); /* the routing key */
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
    broker_put(line.broker, BUS_EXCHANGE, line.type, longest, "", "", 0, true);
    m = line_next();
    assert_string_equal(m.id, longest);
    assert_string_equal(m.type, line.type);
    assert_string_equal(m.traceparent, "");
    assert_int_equal(m.attempts, 0);
    assert_int_equal(m.body_len, 0);
    assert_string_equal(m.body, "");
    m.queue = line.queue; /* and can be put aside as it is */
    m.error = "odd";
    assert_ok(bus_bury(line.bus, line.a, &m));
    line_confirm();
}

static void a_message_too_large_to_read_goes_to_the_dead_letters_whole(void **state)
{
    enum { SIZE = BUS_MAX_BODY + 1 };
    const char *dead = arena_printf(line.a, "%s.dead", line.queue);
    char *much = arena_alloc(line.a, SIZE + 1);
    struct broker_message seen;

    (void)state;
    memset(much, 'x', SIZE);
    broker_put(line.broker, BUS_EXCHANGE, line.type, "id-large", line.type, much, SIZE, false);
    line_publish("id-small");
    line_confirm();
    assert_string_equal(line_next().id, "id-small");
    wait_until(bus_idle(line.bus, line.a).code == ERR_OK && broker_depth(line.broker, dead) == 1);
    assert_true(broker_get(line.broker, line.a, dead, &seen));
    assert_string_equal(seen.id, "id-large");
    assert_int_equal(strlen(seen.body), SIZE);
}

static void what_is_not_acknowledged_is_delivered_again(void **state)
{
    struct message m;

    (void)state;
    line_publish("id-1");
    line_publish("id-2");
    line_publish("id-3");
    line_confirm();
    line_next();
    m = line_next();
    assert_ok(bus_ack(line.bus, line.a, m.delivery_tag, true));
    assert_string_equal(line_next().id, "id-3");
    bus_close(line.bus);
    assert_ok(bus_open(line.a, &line.address, &line.bus));
    assert_ok(bus_subscribe(line.bus, line.a, line.queue, &line.type, 1, LINE_PREFETCH));
    m = line_next();
    assert_string_equal(m.id, "id-3");
    assert_true(m.redelivered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(a_message_arrives_as_it_was_published),
        LINE_TEST(a_message_is_kept_on_disk_and_says_what_it_is),
        LINE_TEST(messages_that_reach_no_queue_are_named_by_their_place),
        LINE_TEST(a_full_queue_refuses_and_loses_nothing),
        LINE_TEST(a_refusal_that_nobody_asks_for_is_an_error),
        LINE_TEST(thousands_of_confirms_are_all_accounted_for),
        LINE_TEST(more_than_the_window_is_refused_until_it_is_confirmed),
        LINE_TEST(a_message_that_cannot_be_sent_harms_no_other),
        LINE_TEST(deliveries_during_a_wait_for_confirms_are_kept),
        LINE_TEST(nothing_to_read_is_no_error),
        LINE_TEST(a_foreign_message_without_properties_is_read),
        LINE_TEST(a_foreign_message_with_odd_properties_is_read),
        LINE_TEST(a_message_too_large_to_read_goes_to_the_dead_letters_whole),
        LINE_TEST(what_is_not_acknowledged_is_delivered_again),
    };

    return cmocka_run_group_tests(tests, line_setup, line_teardown);
}
