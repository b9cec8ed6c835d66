/* test_stream.c - streams and consumer groups, with a real Redis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "redis_server.h"
#include "stream.h"
#include "testing.h"

static struct arena *a;
static struct stream_address address;
static struct stream *s;
static const char *key; /* of one test */
static struct stream_consumer me;

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        struct err err_ = (call);                                                                  \
        if (err_.code)                                                                             \
            fail_msg("%s: %s", #call, err_.msg);                                                   \
    } while (0)

static int setup(void **state)
{
    (void)state;
    a = arena_new();
    address = redis_server_address();
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    key = testing_name(a, "waybill_test_stream");
    me = (struct stream_consumer){key, "group", "me"};
    s = stream_open(&address);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    stream_close(s);
    redis_server_delete(key);
    return 0;
}

static void add(const char *event)
{
    redis_do("XADD", key, "*", "event", event);
}

static size_t read_as(const char *consumer, int count, struct stream_entry **entries)
{
    size_t n;

    assert_ok(stream_read(s, a, &(struct stream_consumer){key, "group", consumer}, count, 0,
                          entries, &n));
    return n;
}

static size_t claim_as(const char *consumer, int64_t idle_ms, struct stream_entry **entries)
{
    size_t n;

    assert_ok(stream_claim(s, a, &(struct stream_consumer){key, "group", consumer}, idle_ms, 100,
                           entries, &n));
    return n;
}

static void assert_backlog(int64_t expected_length, int64_t expected_pending)
{
    int64_t length, pending;

    assert_ok(stream_backlog(s, a, &me, &length, &pending));
    assert_int_equal(length, expected_length);
    assert_int_equal(pending, expected_pending);
}

/* --- reading ---------------------------------------------------------------------- */

static void a_group_may_be_made_twice_and_begins_at_the_beginning(void **state)
{
    struct stream_entry *entries;

    (void)state;
    add("one");
    assert_ok(stream_group(s, a, &me));
    assert_ok(stream_group(s, a, &me));
    add("two");
    assert_int_equal(read_as("me", 10, &entries), 2);
    assert_string_equal(entries[0].event, "one");
    assert_int_equal(entries[0].deliveries, 1);
    assert_string_equal(entries[1].event, "two");
    assert_int_equal(read_as("me", 10, &entries), 0);
}

static void a_read_waits_no_longer_than_it_may(void **state)
{
    struct stream_entry *entries;
    int64_t since = clock_mono_ms();
    size_t n;

    (void)state;
    assert_ok(stream_group(s, a, &me));
    assert_ok(stream_read(s, a, &me, 10, 50, &entries, &n));
    assert_int_equal(n, 0);
    assert_in_range(clock_mono_ms() - since, 45, STREAM_MAX_BLOCK_MS - 50);
    since = clock_mono_ms();
    assert_ok(stream_read(s, a, &me, 10, 60000, &entries, &n));
    assert_in_range(clock_mono_ms() - since, STREAM_MAX_BLOCK_MS - 50, 4500);
}

static void an_entry_without_an_event_is_seen_as_such(void **state)
{
    struct stream_entry *entries;

    (void)state;
    redis_do("XADD", key, "*", "something", "else", "more", "fields");
    redis_do("XADD", key, "*", "first", "1", "event", "here");
    assert_ok(stream_group(s, a, &me));
    assert_int_equal(read_as("me", 10, &entries), 2);
    assert_null(entries[0].event);
    assert_string_equal(entries[1].event, "here");
}

static void a_group_that_is_gone_is_made_again_from_the_beginning(void **state)
{
    struct stream_entry *entries;

    (void)state;
    add("one");
    assert_int_equal(read_as("me", 10, &entries), 0); /* there was no group yet */
    assert_int_equal(read_as("me", 10, &entries), 1);
    redis_do("DEL", key); /* as a flush */
    assert_int_equal(read_as("me", 10, &entries), 0);
    add("two");
    assert_int_equal(read_as("me", 10, &entries), 1);
    redis_do("DEL", key);
    assert_int_equal(claim_as("me", 1, &entries), 0);
    assert_int_equal(claim_as("me", 0, &entries), 0);
    assert_backlog(0, 0);
}

/* --- claiming ---------------------------------------------------------------------- */

static void what_a_dead_consumer_held_is_claimed_and_counted(void **state)
{
    struct stream_entry *entries;

    (void)state;
    add("one");
    add("two");
    assert_ok(stream_group(s, a, &me));
    assert_int_equal(read_as("dead", 10, &entries), 2);
    assert_int_equal(claim_as("me", 60000, &entries), 0); /* it may yet live */
    wait_until(claim_as("me", 20, &entries) == 2);
    assert_string_equal(entries[0].event, "one");
    assert_int_equal(entries[0].deliveries, 2);
    assert_int_equal(entries[1].deliveries, 2);
    wait_until(claim_as("another", 20, &entries) == 2);
    assert_int_equal(entries[0].deliveries, 3);
    assert_backlog(2, 2);
}

static void a_consumer_that_starts_again_gets_its_own_entries_at_once(void **state)
{
    struct stream_entry *entries;

    (void)state;
    add("one");
    add("two");
    assert_ok(stream_group(s, a, &me));
    assert_int_equal(read_as("me", 1, &entries), 1);
    assert_int_equal(read_as("another", 1, &entries), 1);
    assert_int_equal(claim_as("me", 0, &entries), 1);
    assert_string_equal(entries[0].event, "one");
    assert_int_equal(entries[0].deliveries, 2);
}

static int64_t consumers(void)
{
    return redis_do("EVAL", "return #redis.call('XINFO', 'CONSUMERS', KEYS[1], 'group')", "1", key);
}

static void consumers_that_are_gone_and_hold_nothing_are_forgotten(void **state)
{
    struct stream_entry *entries;
    const int64_t any_time = 0, hour_ms = 3600000;

    (void)state;
    assert_ok(stream_forget_idle(s, a, &me, any_time)); /* no stream yet */
    assert_ok(stream_group(s, a, &me));
    add("one");
    assert_int_equal(read_as("holds it", 1, &entries), 1);
    add("two");
    assert_int_equal(read_as("has done it", 1, &entries), 1);
    assert_ok(stream_done(s, a, &me, entries, 1));
    add("three");
    assert_int_equal(read_as("me", 1, &entries), 1);
    assert_ok(stream_done(s, a, &me, entries, 1));

    assert_ok(stream_forget_idle(s, a, &me, hour_ms));
    assert_int_equal(consumers(), 3);
    assert_ok(stream_forget_idle(s, a, &me, any_time));
    assert_int_equal(consumers(), 2); /* I, and who holds something */
    assert_backlog(1, 1);
}

static void stale_entries_behind_many_fresh_ones_are_found(void **state)
{
    enum { MANY = 300 };
    struct stream_entry *entries;
    size_t n = 0;

    (void)state;
    for (int i = 0; i < MANY; i++)
        add("fresh");
    add("stale");
    assert_ok(stream_group(s, a, &me));
    assert_int_equal(read_as("dead", MANY + 1, &entries), MANY + 1);
    /* All but the last were just looked at. */
    redis_do("XCLAIM", key, "group", "dead", "0", entries[MANY].id, "IDLE", "100000");
    assert_ok(stream_claim(s, a, &me, 60000, 5, &entries, &n));
    assert_int_equal(n, 1);
    assert_string_equal(entries[0].event, "stale");
}

static void entries_deleted_by_others_do_not_hinder_a_claim(void **state)
{
    struct stream_entry *entries;

    (void)state;
    add("one");
    add("two");
    assert_ok(stream_group(s, a, &me));
    assert_int_equal(read_as("dead", 10, &entries), 2);
    redis_do("XDEL", key, entries[0].id);
    wait_until(claim_as("me", 5, &entries) == 1);
    assert_string_equal(entries[0].event, "two");
}

/* --- settling ----------------------------------------------------------------------- */

static void what_is_done_is_gone(void **state)
{
    struct stream_entry *entries;
    size_t n;

    (void)state;
    for (int i = 0; i < 60; i++)
        add("event");
    assert_ok(stream_group(s, a, &me));
    n = read_as("me", 50, &entries);
    assert_backlog(60, 50);
    assert_ok(stream_done(s, a, &me, entries, n));
    assert_backlog(10, 0);
    assert_ok(stream_done(s, a, &me, entries, n)); /* again is fine */
    assert_ok(stream_done(s, a, &me, entries, 0));
    assert_backlog(10, 0);
}

static void a_buried_entry_is_kept_with_its_reason(void **state)
{
    const char *dead = arena_printf(a, "%s.dead", key);
    const struct stream_consumer undertaker = {dead, "group", "undertaker"};
    struct stream_entry *entries;
    size_t n;

    (void)state;
    add("hopeless");
    redis_do("XADD", key, "*", "no", "event");
    assert_ok(stream_group(s, a, &me));
    n = read_as("me", 10, &entries);
    assert_int_equal(n, 2);
    assert_ok(stream_bury(s, a, &me, &entries[0], "cannot be helped"));
    assert_ok(stream_bury(s, a, &me, &entries[1], "no event"));
    assert_backlog(0, 0);
    assert_int_equal(redis_do("XLEN", dead), 2);
    assert_ok(stream_group(s, a, &undertaker));
    assert_ok(stream_read(s, a, &undertaker, 10, 0, &entries, &n));
    assert_string_equal(entries[0].event, "hopeless");
    assert_string_equal(entries[1].event, "");
}

static void an_error_within_a_transaction_is_told(void **state)
{
    const struct stream_entry none = {.id = "1-1", .event = "x"};

    (void)state;
    redis_do("SET", arena_printf(a, "%s.dead", key), "no stream");
    assert_int_equal(stream_bury(s, a, &me, &none, "why").code, ERR_INTERNAL);
    assert_ok(stream_ping(s, a));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_group_may_be_made_twice_and_begins_at_the_beginning),
        TEST(a_read_waits_no_longer_than_it_may),
        TEST(an_entry_without_an_event_is_seen_as_such),
        TEST(a_group_that_is_gone_is_made_again_from_the_beginning),
        TEST(what_a_dead_consumer_held_is_claimed_and_counted),
        TEST(a_consumer_that_starts_again_gets_its_own_entries_at_once),
        TEST(consumers_that_are_gone_and_hold_nothing_are_forgotten),
        TEST(stale_entries_behind_many_fresh_ones_are_found),
        TEST(entries_deleted_by_others_do_not_hinder_a_claim),
        TEST(what_is_done_is_gone),
        TEST(a_buried_entry_is_kept_with_its_reason),
        TEST(an_error_within_a_transaction_is_told),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
