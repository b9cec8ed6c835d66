/* line.h - a connection to RabbitMQ with a queue of its own, for tests of the bus. */
#ifndef COMMON_TESTS_LINE_H
#define COMMON_TESTS_LINE_H

#include "broker.h"
#include "bus.h"

enum { LINE_PATIENCE_MS = 5000, LINE_PREFETCH = 50 };

#define LINE_TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

extern struct line {
    struct arena *a;
    struct broker *broker; /* looks on */
    struct bus_address address;
    const char *queue, *type; /* of one test */
    struct bus *bus;          /* has subscribed 'queue' to 'type' */
} line;

/* For the group, and for each test. */
int line_setup(void **state);
int line_teardown(void **state);
int line_open(void **state);
int line_close(void **state);

#define LINE_TEST(name) cmocka_unit_test_setup_teardown(name, line_open, line_close)

struct message line_message(const char *id);
void line_publish(const char *id);
void line_confirm(void);
struct message line_next(void);

/* Fails the test with the error's words. */
#define assert_ok(call) line_assert_ok((call), #call, __FILE__, __LINE__)
void line_assert_ok(struct err err, const char *call, const char *file, int at);

#endif
