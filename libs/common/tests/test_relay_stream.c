/* test_relay_stream.c - from the outbox in a real PostgreSQL to a real Redis Stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "arena.h"
#include "feed.h"
#include "outbox.h"
#include "proxy.h"
#include "redis_server.h"
#include "relay.h"
#include "stream.h"

static struct feed *feed;
static struct ctx *ctx;
static struct stream_address redis_at;
static const char *stream, *type; /* of one test */
static struct relay *relay;

static const char append[] = "if string.find(ARGV[4], 'poison') then error('poison') end\n"
                             "return redis.call('XADD', KEYS[1], '*', 'event', ARGV[4],"
                             " 'id', ARGV[1], 'type', ARGV[2], 'subject', ARGV[3])";

static int setup(void **state)
{
    (void)state;
    feed = feed_open();
    ctx = &feed->env->ctx;
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

static int fresh(void **state)
{
    (void)state;
    feed_reset(feed);
    stream = testing_name(ctx->arena, "waybill_test_relay");
    type = feed->done;
    relay = relay_to_stream(&redis_at, stream, append);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    relay_free(relay);
    redis_server_delete(stream);
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

static struct stream_entry *read_stream(size_t *n)
{
    const struct stream_consumer c = {stream, "test", "me"};
    struct stream *s = stream_open(&redis_at);
    struct stream_entry *entries = NULL;

    assert_int_equal(stream_group(s, ctx->arena, &c).code, ERR_OK);
    assert_int_equal(stream_read(s, ctx->arena, &c, 1000, 0, &entries, n).code, ERR_OK);
    stream_close(s);
    return entries;
}

static void events_reach_the_stream_in_order(void **state)
{
    enum { EVENTS = 20 };
    const char *ids[EVENTS];
    struct stream_entry *entries;
    size_t n;

    (void)state;
    for (int i = 0; i < EVENTS; i++)
        ids[i] = add(type, OUTBOX_STREAM, false);
    step(false);
    assert_int_equal(waiting(), 0);
    entries = read_stream(&n);
    assert_int_equal(n, EVENTS);
    for (int i = 0; i < EVENTS; i++)
        assert_non_null(strstr(entries[i].event, ids[i]));
}

static void each_relay_takes_only_rows_of_its_destination(void **state)
{
    size_t n;

    (void)state;
    add(type, OUTBOX_BUS | OUTBOX_STREAM, false);
    step(false);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE destination = 1"), 1);
    assert_int_equal(waiting(), 1);
    read_stream(&n);
    assert_int_equal(n, 1);
}

/* Its script fails whenever it is run, and the pipeline's error does not say for which. */
static void a_row_that_breaks_its_batch_is_found_alone_and_waits(void **state)
{
    enum { EVENTS = 6 };
    bool more = false;
    int errors = 0;

    (void)state;
    for (int i = 0; i < EVENTS; i++)
        add(i == 2 ? "relay.poison" : type, OUTBOX_STREAM, false);
    for (int i = 0; i < 20 && waiting() > 1; i++)
        errors += relay_step(ctx, relay, &more).code == ERR_INTERNAL;
    assert_int_equal(errors, 2); /* the batch, and the row */
    assert_int_equal(waiting(), 1);
    assert_int_equal(number("SELECT count(*) FROM outbox WHERE type = 'relay.poison'"
                            " AND attempts = 1 AND due_at > now()"),
                     1);
    for (int i = 0; i < EVENTS; i++)
        add(type, OUTBOX_STREAM, false);
    while (waiting() > 1)
        assert_int_equal(relay_step(ctx, relay, &more).code, ERR_OK);
}

static void a_redis_that_is_down_is_no_fault_of_the_events(void **state)
{
    struct proxy *proxy = proxy_open(redis_at.host, redis_at.port);
    struct stream_address through = redis_at;
    bool more;

    (void)state;
    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    relay_free(relay);
    relay = relay_to_stream(&through, stream, append);
    step(false);
    add(type, OUTBOX_STREAM, false);
    proxy_set(proxy, PROXY_CUT);
    assert_int_equal(relay_step(ctx, relay, &more).code, ERR_UNAVAILABLE);
    assert_int_equal(number("SELECT attempts FROM outbox"), 0);
    proxy_set(proxy, PROXY_PASS);
    step(false);
    assert_int_equal(waiting(), 0);
    relay_free(relay);
    relay = NULL;
    proxy_close(proxy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_reach_the_stream_in_order),
        TEST(each_relay_takes_only_rows_of_its_destination),
        TEST(a_row_that_breaks_its_batch_is_found_alone_and_waits),
        TEST(a_redis_that_is_down_is_no_fault_of_the_events),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
