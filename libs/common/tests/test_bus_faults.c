/* test_bus_faults.c - messages that fail, and a RabbitMQ, or a network, that does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "line.h"
#include "proxy.h"
#include "testing.h"

/* --- what failed -------------------------------------------------------------- */

static void a_retried_message_comes_back_later_each_time(void **state)
{
    struct message m;

    (void)state;
    line_publish("id-1");
    line_confirm();
    m = line_next();
    for (int attempt = 1; attempt <= BUS_RETRIES; attempt++) {
        const int64_t since = clock_mono_ms();

        m.queue = line.queue;
        m.error = "not now";
        assert_ok(bus_retry(line.bus, line.a, &m));
        line_confirm();
        assert_ok(bus_ack(line.bus, line.a, m.delivery_tag, false));
        m = line_next();
        assert_true(clock_mono_ms() - since >= bus_retry_delay_ms(attempt) - 1);
        assert_int_equal(m.attempts, attempt);
        assert_string_equal(m.id, "id-1");
        assert_string_equal(m.type, line.type);
        assert_string_equal(m.traceparent, LINE_TRACEPARENT);
        assert_string_equal(m.body, "{}");
    }
    assert_true(bus_retry_delay_ms(BUS_RETRIES) > bus_retry_delay_ms(1));
}

static void a_buried_message_keeps_its_reason_cut_between_characters(void **state)
{
    const char *dead = arena_printf(line.a, "%s.dead", line.queue);
    char *reason = arena_alloc(line.a, 2 * BUS_MAX_ERROR + 3);
    struct message m = line_message("id-1");
    struct broker_message seen;

    (void)state;
    reason[0] = 'a';
    for (int i = 1; i < 2 * BUS_MAX_ERROR; i += 2)
        memcpy(reason + i, "é", 2); /* an odd offset: the cut would fall within one */
    m.error = reason;
    m.attempts = 3;
    assert_ok(bus_bury(line.bus, line.a, &m));
    line_confirm();
    assert_true(broker_get(line.broker, line.a, dead, &seen));
    assert_int_equal(strlen(seen.error), BUS_MAX_ERROR - 1);
    assert_memory_equal(seen.error, reason, BUS_MAX_ERROR - 1);
    assert_string_equal(seen.queue, line.queue);
    assert_int_equal(seen.attempt, 3);
    assert_string_equal(seen.type, line.type);
}

static void publishing_to_an_exchange_that_is_gone_is_internal(void **state)
{
    struct message m = line_message("id-1");
    struct bus *publisher;
    struct err err;

    (void)state;
    assert_ok(bus_open(line.a, &line.address, &publisher));
    broker_forget(line.broker, line.queue);
    assert_ok(bus_retry(publisher, line.a, &m));
    err = bus_confirm(publisher, line.a, NULL, 0, LINE_PATIENCE_MS);
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
    broker_delete_queue(line.broker, line.queue);
    assert_int_equal(bus_next(line.bus, line.a, LINE_PATIENCE_MS, &m, &got).code, ERR_UNAVAILABLE);
}

static void a_wrong_password_is_told(void **state)
{
    struct bus_address wrong = line.address;
    struct bus *none;
    struct err err;

    (void)state;
    wrong.password = "wrong";
    err = bus_open(line.a, &wrong, &none);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.msg, "ACCESS_REFUSED"));
    assert_null(none);
}

static void a_port_where_nobody_listens_is_told(void **state)
{
    struct bus_address wrong = line.address;
    struct bus *none;

    (void)state;
    wrong.port = 1;
    assert_int_equal(bus_open(line.a, &wrong, &none).code, ERR_UNAVAILABLE);
}

static struct bus *open_through(struct proxy *proxy)
{
    struct bus_address through = line.address;
    struct bus *b;

    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    assert_ok(bus_open(line.a, &through, &b));
    return b;
}

static void a_cut_connection_is_noticed_when_idle(void **state)
{
    struct proxy *proxy = proxy_open(line.address.host, line.address.port);
    struct bus *b = open_through(proxy);

    (void)state;
    assert_ok(bus_idle(b, line.a));
    proxy_set(proxy, PROXY_CUT);
    wait_until(bus_idle(b, line.a).code == ERR_UNAVAILABLE);
    bus_close(b);
    proxy_close(proxy);
}

/* Less than a wait for the connection's own time-out, which is 5 s. */
enum { PATIENT_MS = 4500 };

static void a_broker_that_hangs_is_not_waited_for(void **state)
{
    struct proxy *proxy = proxy_open(line.address.host, line.address.port);
    struct bus *b = open_through(proxy);
    struct message m = line_message("id-1");
    int64_t since = clock_mono_ms();

    (void)state;
    proxy_set(proxy, PROXY_HOLD);
    assert_ok(bus_publish(b, line.a, &m, true));
    assert_int_equal(bus_confirm(b, line.a, NULL, 0, 100).code, ERR_UNAVAILABLE);
    bus_close(b);
    assert_in_range(clock_mono_ms() - since, 99, PATIENT_MS);
    proxy_close(proxy);
}

static void a_healthy_connection_is_closed_soon_even_when_the_broker_hangs(void **state)
{
    struct proxy *proxy = proxy_open(line.address.host, line.address.port);
    struct bus *b = open_through(proxy);
    int64_t since = clock_mono_ms();

    (void)state;
    proxy_set(proxy, PROXY_HOLD);
    bus_close(b);
    assert_in_range(clock_mono_ms() - since, 0, PATIENT_MS);
    proxy_close(proxy);
}

/* The kernel's buffers fill up, and nobody reads: TCP_USER_TIMEOUT ends it. */
static void a_broker_that_stops_reading_does_not_block_for_ever(void **state)
{
    struct proxy *proxy = proxy_open(line.address.host, line.address.port);
    struct bus *b = open_through(proxy);
    char *much = arena_alloc(line.a, BUS_MAX_BODY);
    struct message m = line_message("id-1");
    int64_t since = clock_mono_ms();
    struct err err = OK;

    (void)state;
    m.body = much;
    m.body_len = BUS_MAX_BODY;
    proxy_set(proxy, PROXY_HOLD);
    for (int i = 0; !err.code && i < BUS_MAX_UNCONFIRMED; i++)
        err = bus_publish(b, line.a, &m, true);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - since, 0, 15000);
    bus_close(b);
    proxy_close(proxy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINE_TEST(a_retried_message_comes_back_later_each_time),
        LINE_TEST(a_buried_message_keeps_its_reason_cut_between_characters),
        LINE_TEST(publishing_to_an_exchange_that_is_gone_is_internal),
        LINE_TEST(the_end_of_the_queue_is_noticed),
        LINE_TEST(a_wrong_password_is_told),
        LINE_TEST(a_port_where_nobody_listens_is_told),
        LINE_TEST(a_cut_connection_is_noticed_when_idle),
        LINE_TEST(a_broker_that_hangs_is_not_waited_for),
        LINE_TEST(a_healthy_connection_is_closed_soon_even_when_the_broker_hangs),
        LINE_TEST(a_broker_that_stops_reading_does_not_block_for_ever),
    };

    return cmocka_run_group_tests(tests, line_setup, line_teardown);
}
