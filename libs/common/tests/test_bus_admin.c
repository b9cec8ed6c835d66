/* test_bus_admin.c - dead letters of a real RabbitMQ taken in hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "bus_admin.h"
#include "clock.h"
#include "line.h"
#include "testing.h"

static struct bus *hand; /* the operator's connection */
static const char *dead;

static int open_hand(void **state)
{
    if (line_open(state) != 0)
        return -1;
    dead = arena_printf(line.a, "%s.dead", line.queue);
    assert_ok(bus_open(line.a, &line.address, &hand));
    return 0;
}

static int close_hand(void **state)
{
    bus_close(hand);
    return line_close(state);
}

static void bury(const char *id, const char *error)
{
    struct message m = line_message(id);

    m.queue = line.queue;
    m.error = error;
    m.attempts = 3;
    assert_ok(bus_bury(line.bus, line.a, &m));
    line_confirm();
}

static struct message get(void)
{
    struct message m;
    bool got;

    assert_ok(bus_get(hand, line.a, dead, &m, &got));
    assert_true(got);
    return m;
}

/* What was given back takes a moment to be ready. */
static int64_t await_length(const char *queue, int64_t length)
{
    const int64_t deadline = clock_mono_ms() + LINE_PATIENCE_MS;
    struct bus_queue q;

    do
        assert_ok(bus_queue_look(hand, line.a, queue, &q));
    while (q.messages != length && clock_mono_ms() < deadline);
    assert_true(q.exists);
    return q.messages;
}

static void a_buried_letter_shows_who_gave_it_up_and_why(void **state)
{
    struct message m;

    (void)state;
    bury("id-1", "the reason");
    m = get();
    assert_string_equal(m.id, "id-1");
    assert_string_equal(m.type, line.type);
    assert_string_equal(m.traceparent, LINE_TRACEPARENT);
    assert_string_equal(m.queue, line.queue);
    assert_string_equal(m.error, "the reason");
    assert_int_equal(m.attempts, 3);
    assert_int_equal(m.body_len, 2);
    assert_memory_equal(m.body, "{}", 3);
}

static void what_was_got_is_there_again_when_given_back(void **state)
{
    struct message m;
    bool got;

    (void)state;
    bury("id-1", "no");
    bury("id-2", "no");
    assert_string_equal(get().id, "id-1");
    assert_string_equal(get().id, "id-2");
    assert_ok(bus_get(hand, line.a, dead, &m, &got));
    assert_false(got);
    assert_ok(bus_give_back(hand, line.a));
    assert_int_equal(await_length(dead, 2), 2);
    assert_string_equal(get().id, "id-1");
}

static void a_letter_put_back_arrives_as_if_it_were_new(void **state)
{
    struct message m;

    (void)state;
    bury("id-1", "no");
    m = get();
    assert_ok(bus_send(hand, line.a, line.queue, &m));
    assert_ok(bus_confirm(hand, line.a, NULL, 0, LINE_PATIENCE_MS));
    assert_ok(bus_ack(hand, line.a, m.delivery_tag, false));
    m = line_next();
    assert_string_equal(m.id, "id-1");
    assert_string_equal(m.type, line.type);
    assert_string_equal(m.traceparent, LINE_TRACEPARENT);
    assert_int_equal(m.attempts, 0);
    assert_false(m.redelivered);
    assert_int_equal(await_length(dead, 0), 0);
}

static void a_letter_that_is_too_large_can_be_seen_but_not_sent(void **state)
{
    const size_t len = BUS_MAX_BODY + 1;
    char *body = arena_alloc(line.a, len + 1);
    struct message m;

    (void)state;
    memset(body, 'x', len);
    broker_put(line.broker, "", dead, "id-large", "some.type", body, len, false);
    assert_int_equal(await_length(dead, 1), 1);
    m = get();
    assert_int_equal(m.body_len, len);
    assert_memory_equal(m.body, body, len);
    assert_int_equal(bus_send(hand, line.a, line.queue, &m).code, ERR_INVALID);
    assert_ok(bus_give_back(hand, line.a));
    assert_int_equal(await_length(dead, 1), 1);
}

static void a_strangers_letter_lacks_what_it_lacks(void **state)
{
    struct message m;

    (void)state;
    broker_put(line.broker, "", dead, NULL, NULL, "", 0, true);
    assert_int_equal(await_length(dead, 1), 1);
    m = get();
    assert_string_equal(m.id, "");
    assert_string_equal(m.type, dead); /* the routing key */
    assert_string_equal(m.traceparent, "");
    assert_string_equal(m.error, "");
    assert_int_equal(m.attempts, 0);
    assert_int_equal(m.body_len, 0);
}

static void a_missing_queue_is_empty_and_the_connection_stays_of_use(void **state)
{
    struct message m = line_message("id-1");
    struct bus_queue q;

    (void)state;
    assert_ok(bus_send(hand, line.a, line.queue, &m));
    assert_ok(bus_confirm(hand, line.a, NULL, 0, LINE_PATIENCE_MS));
    assert_ok(bus_queue_look(hand, line.a, "there-is-no-such-queue", &q));
    assert_false(q.exists);
    assert_int_equal(q.messages, 0);
    assert_int_equal(bus_send(hand, line.a, "there-is-no-such-queue", &m).code, ERR_OK);
    assert_int_equal(bus_confirm(hand, line.a, NULL, 0, LINE_PATIENCE_MS).code, ERR_UNAVAILABLE);
    assert_ok(bus_send(hand, line.a, line.queue, &m));
    assert_ok(bus_confirm(hand, line.a, NULL, 0, LINE_PATIENCE_MS));
    assert_ok(bus_queue_look(hand, line.a, line.queue, &q));
    assert_true(q.exists);
    assert_int_equal(q.consumers, 1);
}

int main(void)
{
#define HAND_TEST(name) cmocka_unit_test_setup_teardown(name, open_hand, close_hand)
    const struct CMUnitTest tests[] = {
        HAND_TEST(a_buried_letter_shows_who_gave_it_up_and_why),
        HAND_TEST(what_was_got_is_there_again_when_given_back),
        HAND_TEST(a_letter_put_back_arrives_as_if_it_were_new),
        HAND_TEST(a_letter_that_is_too_large_can_be_seen_but_not_sent),
        HAND_TEST(a_strangers_letter_lacks_what_it_lacks),
        HAND_TEST(a_missing_queue_is_empty_and_the_connection_stays_of_use),
    };

    return cmocka_run_group_tests_name("bus_admin", tests, line_setup, line_teardown);
}
