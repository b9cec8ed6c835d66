/* line.c - a connection with a queue of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "line.h"

#include "arena.h"
#include "log.h"
#include "testing.h"

struct line line;

int line_setup(void **state)
{
    (void)state;
    log_init("test", "test", "error");
    line.a = arena_new();
    line.address = broker_address();
    line.broker = broker_open();
    broker_set_delays();
    return 0;
}

int line_teardown(void **state)
{
    (void)state;
    broker_close(line.broker);
    arena_free(line.a);
    return 0;
}

int line_open(void **state)
{
    (void)state;
    line.queue = testing_name(line.a, "waybill_test_bus");
    line.type = arena_printf(line.a, "%s.happened", line.queue);
    if (bus_open(line.a, &line.address, &line.bus).code)
        return -1;
    return (int)bus_subscribe(line.bus, line.a, line.queue, &line.type, 1, LINE_PREFETCH).code;
}

int line_close(void **state)
{
    (void)state;
    bus_close(line.bus);
    broker_forget(line.broker, line.queue);
    return 0;
}

struct message line_message(const char *id)
{
    return (struct message){
        .id = id,
        .type = line.type,
        .traceparent = LINE_TRACEPARENT,
        .body = "{}",
        .body_len = 2,
        .queue = line.queue,
        .error = "why not",
    };
}

void line_publish(const char *id)
{
    const struct message m = line_message(id);

    assert_ok(bus_publish(line.bus, line.a, &m, true));
}

void line_confirm(void)
{
    assert_ok(bus_confirm(line.bus, line.a, NULL, 0, LINE_PATIENCE_MS));
}

struct message line_next(void)
{
    struct message m;
    bool got;

    assert_ok(bus_next(line.bus, line.a, LINE_PATIENCE_MS, &m, &got));
    assert_true(got);
    return m;
}

void line_assert_ok(struct err err, const char *call, const char *file, int at)
{
    if (!err.code)
        return;
    print_error("%s: %s\n", call, err.msg);
    _fail(file, at);
}
