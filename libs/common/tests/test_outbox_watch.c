/* test_outbox_watch.c - how full the outbox of a real PostgreSQL is, and the alarms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "bus.h"
#include "feed.h"
#include "health.h"
#include "log.h"
#include "metrics.h"
#include "outbox.h"
#include "outbox_watch.h"
#include "proxy.h"
#include "relay.h"

enum { MAX_LOG = 16 * 1024 };

static struct feed *feed;
static struct ctx *ctx;
static struct outbox_limits limits = {.events = 10, .old_s = 30};

static int setup(void **state)
{
    (void)state;
    feed = feed_open();
    ctx = &feed->env->ctx;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    feed_close(feed);
    return 0;
}

static void look(void)
{
    bool more = true;

    assert_int_equal(outbox_watch(ctx, &limits, &more).code, ERR_OK);
    assert_false(more);
}

/* Alarms of an earlier test are over. */
static int fresh(void **state)
{
    (void)state;
    feed_reset(feed);
    look();
    return 0;
}

static void wait_in_outbox(int n, int destination, int seconds)
{
    feed_do(feed, arena_printf(ctx->arena,
                               "INSERT INTO outbox (destination, event_id, type, subject, envelope,"
                               " traceparent, optional, created_at) SELECT %d, n, 't', 's', '{}',"
                               " '', false, now() - interval '%d seconds'"
                               " FROM generate_series(1, %d) AS n",
                               destination, seconds, n));
}

static void leave_in_outbox(int n)
{
    feed_do(feed, arena_printf(ctx->arena,
                               "DELETE FROM outbox WHERE seq NOT IN"
                               " (SELECT seq FROM outbox ORDER BY seq LIMIT %d)",
                               n));
}

static bool shown(const char *line)
{
    return strstr(metrics_text(ctx->arena), arena_printf(ctx->arena, "\n%s\n", line)) != NULL;
}

/* The value that a line of the metrics ends with; -1 when there is no such line. */
static int64_t figure(const char *line)
{
    const char *start = arena_printf(ctx->arena, "\n%s ", line);
    const char *at = strstr(metrics_text(ctx->arena), start);

    return at ? strtoll(at + strlen(start), NULL, 10) : -1;
}

/* So many seconds, and what a slow machine adds before somebody looks. */
static void assert_age(const char *destination, int seconds)
{
    enum { SLOW_S = 8 };
    const int64_t age = figure(
        arena_printf(ctx->arena, "waybill_outbox_oldest_seconds{destination=\"%s\"}", destination));

    assert_in_range(age, seconds, seconds + SLOW_S);
}

static void how_much_waits_and_how_long_can_be_seen(void **state)
{
    (void)state;
    wait_in_outbox(2, OUTBOX_BUS, 20);
    wait_in_outbox(1, OUTBOX_STREAM, 7);
    look();
    assert_age("bus", 20);
    assert_age("stream", 7);
    assert_true(shown("waybill_outbox_events 3"));
    feed_reset(feed);
    look();
    assert_true(shown("waybill_outbox_oldest_seconds{destination=\"bus\"} 0"));
    assert_true(shown("waybill_outbox_events 0"));
}

/* The age was once measured by the relay after it had sent something: it stood still just
 * when it mattered. */
static void it_is_seen_although_the_broker_is_gone(void **state)
{
    struct proxy *proxy = proxy_open("127.0.0.1", 1);
    const struct bus_address nobody = {.host = "127.0.0.1",
                                       .user = "u",
                                       .password = "p",
                                       .vhost = "/",
                                       .name = "test",
                                       .port = proxy_port(proxy)};
    struct relay *relay = relay_to_bus(&nobody);
    bool more;

    (void)state;
    wait_in_outbox(1, OUTBOX_BUS, 25);
    assert_int_equal(relay_step(ctx, relay, &more).code, ERR_UNAVAILABLE);
    look();
    assert_age("bus", 25);
    relay_free(relay);
    proxy_close(proxy);
}

/* --- alarms ----------------------------------------------------------------- */

static int standard_error, log_file;

static void catch_log(void)
{
    char path[] = "/tmp/waybill-log-XXXXXX";

    log_file = mkostemp(path, O_CLOEXEC);
    assert_true(log_file >= 0);
    unlink(path);
    assert_true(log_init("test", "test", "info"));
    standard_error = dup(STDERR_FILENO);
    dup2(log_file, STDERR_FILENO);
}

static const char *caught_log(void)
{
    char *text = arena_alloc(ctx->arena, MAX_LOG);

    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    assert_true(pread(log_file, text, MAX_LOG - 1, 0) >= 0);
    close(log_file);
    return text;
}

static int times(const char *text, const char *part)
{
    int n = 0;

    while ((text = strstr(text, part)) != NULL) {
        text += strlen(part);
        n++;
    }
    return n;
}

static void an_old_event_is_told_once_and_once_when_it_has_gone(void **state)
{
    static const char told[] = "alarm outbox_old: seconds that the oldest event waits: ";
    const char *log;

    (void)state;
    catch_log();
    wait_in_outbox(1, OUTBOX_STREAM, 20);
    look();
    assert_true(shown("waybill_alarms{name=\"outbox_old\"} 0"));
    feed_do(feed, "UPDATE outbox SET created_at = now() - interval '40 seconds'");
    look();
    look();
    assert_true(shown("waybill_alarms{name=\"outbox_old\"} 1"));
    feed_do(feed, "UPDATE outbox SET created_at = now() - interval '20 seconds'");
    look(); /* no longer, but near: that is no news */
    assert_true(shown("waybill_alarms{name=\"outbox_old\"} 1"));
    feed_do(feed, "DELETE FROM outbox");
    look();
    look();
    assert_true(shown("waybill_alarms{name=\"outbox_old\"} 0"));
    log = caught_log();
    assert_int_equal(times(log, told), 1);
    assert_in_range(strtoll(strstr(log, told) + strlen(told), NULL, 10), 40, 48);
    assert_int_equal(times(log, "alarm outbox_old is over"), 1);
    assert_int_equal(times(log, "\n"), 2);
}

static void an_alarm_is_part_of_the_report_and_no_reason_to_be_unready(void **state)
{
    bool ready = false;

    (void)state;
    assert_non_null(strstr(health_report(ctx->arena, &ready), "\"outbox\":\"ok\""));
    wait_in_outbox(1, OUTBOX_BUS, 31);
    look();
    assert_null(strstr(health_report(ctx->arena, &ready), "\"outbox\":\"ok\""));
    assert_true(ready);
}

static void a_full_outbox_takes_no_new_work_until_half_of_it_has_gone(void **state)
{
    (void)state;
    wait_in_outbox(6, OUTBOX_BUS, 9);
    wait_in_outbox(3, OUTBOX_STREAM, 9);
    look();
    assert_int_equal(outbox_room().code, ERR_OK);
    wait_in_outbox(1, OUTBOX_STREAM, 9);
    look();
    assert_int_equal(outbox_room().code, ERR_UNAVAILABLE);
    assert_true(shown("waybill_alarms{name=\"outbox_full\"} 1"));
    leave_in_outbox(5);
    look();
    assert_int_equal(outbox_room().code, ERR_UNAVAILABLE);
    leave_in_outbox(4);
    look();
    assert_int_equal(outbox_room().code, ERR_OK);
    assert_true(shown("waybill_alarms{name=\"outbox_full\"} 0"));
}

static void no_more_is_counted_than_has_to_be_known(void **state)
{
    (void)state;
    wait_in_outbox(3, OUTBOX_BUS, 0); /* just written, so it is not behind */
    look();
    assert_true(shown("waybill_outbox_events 0"));
    feed_reset(feed);
    wait_in_outbox(500, OUTBOX_BUS, 9);
    look();
    assert_true(shown("waybill_outbox_events 10"));
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(how_much_waits_and_how_long_can_be_seen),
        TEST(it_is_seen_although_the_broker_is_gone),
        TEST(an_old_event_is_told_once_and_once_when_it_has_gone),
        TEST(an_alarm_is_part_of_the_report_and_no_reason_to_be_unready),
        TEST(a_full_outbox_takes_no_new_work_until_half_of_it_has_gone),
        TEST(no_more_is_counted_than_has_to_be_known),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
