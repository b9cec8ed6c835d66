/* test_redis.c - scripts, and a Redis that is not itself, with a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "proxy.h"
#include "redis_server.h"
#include "stream.h"
#include "testing.h"

static struct arena *a;
static struct stream_address address;
static struct stream *s;
static const char *key; /* of one test */

static const char append[] = "return redis.call('XADD', KEYS[1], '*', 'event', ARGV[1])";

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

/* --- scripts --------------------------------------------------------------------- */

static void a_script_runs_once_for_each_list_in_order(void **state)
{
    enum { CALLS = 200 };
    const char *args[CALLS][1];
    const char *const *calls[CALLS];
    const struct stream_consumer me = {key, "group", "me"};
    struct stream_entry *entries;
    size_t n;

    (void)state;
    for (int i = 0; i < CALLS; i++) {
        args[i][0] = arena_printf(a, "with space and %%s, %d", i);
        calls[i] = args[i];
    }
    assert_ok(stream_eval(s, a, append, key, calls, CALLS, 1));
    assert_ok(stream_group(s, a, &me));
    assert_ok(stream_read(s, a, &me, CALLS + 1, 0, &entries, &n));
    assert_int_equal(n, CALLS);
    for (int i = 0; i < CALLS; i++)
        assert_string_equal(entries[i].event, args[i][0]);
}

static void a_script_that_redis_forgot_is_loaded_again(void **state)
{
    const char *const args[] = {"event"}, *const * calls[] = {args, args};

    (void)state;
    assert_ok(stream_eval(s, a, append, key, calls, 2, 1));
    redis_do("SCRIPT", "FLUSH");
    assert_ok(stream_eval(s, a, append, key, calls, 2, 1));
    assert_int_equal(redis_do("XLEN", key), 4);
}

static void a_script_that_fails_is_internal_and_the_next_call_is_fine(void **state)
{
    const char *const args[] = {"event"}, *const * calls[] = {args};
    struct err err;

    (void)state;
    redis_do("SET", key, "no stream");
    err = stream_eval(s, a, append, key, calls, 1, 1);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_non_null(strstr(err.msg, "WRONGTYPE"));
    redis_do("DEL", key);
    assert_ok(stream_eval(s, a, append, key, calls, 1, 1));
}

/* --- faults ------------------------------------------------------------------------- */

static void a_wrong_password_is_told(void **state)
{
    struct stream_address wrong = address;
    struct stream *other = stream_open(&wrong);
    struct err err;

    (void)state;
    wrong.password = "wrong";
    err = stream_ping(other, a);
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.msg, "WRONGPASS"));
    stream_close(other);
}

static void a_server_that_is_down_is_unavailable_until_it_is_up(void **state)
{
    struct proxy *proxy = proxy_open(address.host, address.port);
    struct stream_address through = address;
    struct stream *other = stream_open(&through);

    (void)state;
    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    assert_ok(stream_ping(other, a));
    proxy_set(proxy, PROXY_CUT);
    assert_int_equal(stream_ping(other, a).code, ERR_UNAVAILABLE);
    assert_int_equal(stream_ping(other, a).code, ERR_UNAVAILABLE);
    proxy_set(proxy, PROXY_PASS);
    assert_ok(stream_ping(other, a));
    stream_close(other);
    proxy_close(proxy);
}

static void a_server_that_hangs_is_not_waited_for(void **state)
{
    struct proxy *proxy = proxy_open(address.host, address.port);
    struct stream_address through = address;
    struct stream *other = stream_open(&through);
    int64_t since;

    (void)state;
    through.host = "127.0.0.1";
    through.port = proxy_port(proxy);
    assert_ok(stream_ping(other, a));
    proxy_set(proxy, PROXY_HOLD);
    since = clock_mono_ms();
    assert_int_equal(stream_ping(other, a).code, ERR_UNAVAILABLE);
    assert_in_range(clock_mono_ms() - since, 4000, 7000);
    proxy_set(proxy, PROXY_PASS);
    assert_ok(stream_ping(other, a));
    stream_close(other);
    proxy_close(proxy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_script_runs_once_for_each_list_in_order),
        TEST(a_script_that_redis_forgot_is_loaded_again),
        TEST(a_script_that_fails_is_internal_and_the_next_call_is_fine),
        TEST(a_wrong_password_is_told),
        TEST(a_server_that_is_down_is_unavailable_until_it_is_up),
        TEST(a_server_that_hangs_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
