/* test_messages.c - bad, repeated and reordered messages on the real broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "broker.h"
#include "wayctl.h"
#include "world.h"

/* A UUID that nobody has used: the tests need to know ids before the services do. */
static const char *new_id(void)
{
    static unsigned n;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return text("%08x-%04x-7000-8000-%012lx", (unsigned)now.tv_sec, n++ & 0xffff,
                (unsigned long)now.tv_nsec);
}

static void publish(const char *type, const char *id, const char *body)
{
    broker_publish(type, id, body, strlen(body));
}

struct letter {
    const char *queue, *id, *error;
};

static bool is_dead(void *arg)
{
    struct letter *l = arg;

    l->error = broker_dead_letter(l->queue, l->id);
    return l->error != NULL;
}

/* Wait until the message is in the dead letters for this reason. */
static void await_dead(const char *queue, const char *id, const char *reason)
{
    struct letter l = {queue, id, NULL};

    if (!await(is_dead, &l, 90))
        fail_msg("%s is not in %s", id, queue);
    assert_true(*reason); /* or any letter would do */
    if (!strstr(l.error, reason))
        fail_msg("\"%s\" is not in: %s", reason, l.error);
}

/* The services still work, and nothing but the expected letters is left over. */
static void life_goes_on(const char *const queues[], size_t n)
{
    struct customer c = customer_new();
    const char *id = order_new(&c, product_new(100, 5, true), 1, "pm_ok");

    await_status(&c, id, "SHIPPED");
    for (size_t i = 0; i < n; i++)
        queue_purge(queues[i]);
    books_must_balance();
}

static const char *const consumers[] = {"order.dead", "inventory.dead", "payment.dead"};

/* One type that each consumer is bound to. */
static const struct {
    const char *type, *dead;
} doors[] = {
    {"payment.processed",  "order.dead"    },
    {"order.created",      "inventory.dead"},
    {"inventory.reserved", "payment.dead"  },
};

static void malformed_messages_are_buried_with_the_reason(void **state)
{
    static const struct {
        const char *body, *reason;
    } bad[] = {
        {"",                                       "body is empty"             },
        {"nonsense",                               "not valid JSON"            },
        {"{",                                      "not valid JSON"            },
        {"[]",                                     "must be a JSON object"     },
        {"{}",                                     "missing member specversion"},
        {"\xff\xfe",                               "not valid JSON"            },
        {"{\"specversion\":\"1.0\"}",              "missing member id"         },
        {"{\"specversion\":\"0.3\",\"id\":\"x\"}", "specversion must be 1.0"   },
    };

    (void)state;
    for (size_t d = 0; d < sizeof(doors) / sizeof(doors[0]); d++)
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            const char *id = text("malformed-%s-%zu", new_id(), i);

            publish(doors[d].type, id, bad[i].body);
            await_dead(doors[d].dead, id, bad[i].reason);
        }
    life_goes_on(consumers, 3);
}

static void an_unknown_version_is_buried_with_the_reason(void **state)
{
    (void)state;
    for (size_t d = 0; d < sizeof(doors) / sizeof(doors[0]); d++) {
        const char *id = new_id(), *order = new_id();

        publish(doors[d].type, id,
                broker_event(id, text("%s.v99", doors[d].type), "stranger", order,
                             text("{\"order_id\":\"%s\"}", order)));
        await_dead(doors[d].dead, id, "v99");
    }
    life_goes_on(consumers, 3);
}

static void data_that_makes_no_sense_is_buried_with_the_reason(void **state)
{
    const char *id = new_id(), *order = new_id();

    (void)state;
    publish("order.created", id,
            broker_event(id, "order.created.v1", "order", order, "{\"order_id\":17}"));
    await_dead("inventory.dead", id, "order_id");
    id = new_id();
    publish("payment.processed", id,
            broker_event(id, "payment.processed.v1", "payment", order,
                         text("{\"order_id\":\"%s\",\"payment_id\":\"p\"}", order)));
    await_dead("order.dead", id, "no order");
    life_goes_on(consumers, 3);
}

/* What inventory is told about an order that only this test knows of. */
static const char *created(const char *order, const char *sku, int quantity)
{
    return text("{\"order_id\":\"%s\",\"user_id\":\"%s\",\"currency\":\"EUR\",\"total\":100,"
                "\"payment_method\":\"pm_ok\",\"version\":1,\"status\":\"PENDING\",\"lines\":"
                "[{\"sku\":\"%s\",\"quantity\":%d,\"unit_price\":100}]}",
                order, order, sku, quantity);
}

static const char *about(const char *order)
{
    return text(
        "{\"order_id\":\"%s\",\"user_id\":\"%s\",\"currency\":\"EUR\",\"total\":100,"
        "\"version\":2,\"status\":\"CANCELLING\",\"reservation_id\":\"\",\"reason\":\"test\"}",
        order, order);
}

struct reservation_wish {
    const char *order, *state;
};

static bool reservation_is(void *arg)
{
    const struct reservation_wish *w = arg;

    return sql_int_of("inventory",
                      text("SELECT count(*) FROM reservations WHERE order_id = $1::uuid"
                           " AND state = '%s'",
                           w->state),
                      w->order) == 1;
}

static bool order_buried(void *arg)
{
    return queue_length("order.dead") == *(const int64_t *)arg;
}

/* The order service buries what it hears about orders that it does not know: wait for
 * all of it, or a late one would spoil the next test. */
static void await_buried(int64_t n)
{
    if (!await(order_buried, &n, 90))
        fail_msg("%d messages in order.dead", (int)queue_length("order.dead"));
}

static void a_cancellation_before_its_order_leaves_a_tombstone(void **state)
{
    const char *order = new_id(), *sku = product_new(100, 5, true);
    const char *cancelling = new_id(), *creation = new_id();
    struct reservation_wish w = {order, "RELEASED"};

    (void)state;
    publish("order.cancelling", cancelling,
            broker_event(cancelling, "order.cancelling.v1", "order", order, about(order)));
    assert_true(await(reservation_is, &w, 90));
    publish("order.created", creation,
            broker_event(creation, "order.created.v1", "order", order, created(order, sku, 2)));
    await_buried(2); /* inventory answers both */
    life_goes_on(consumers, 3);
    assert_true(reservation_is(&w));
    assert_int_equal(sql_int_of("inventory", "SELECT reserved FROM products WHERE sku = $1", sku),
                     0);
}

static void a_cancellation_before_the_charge_refuses_the_charge(void **state)
{
    const char *order = new_id(), *cancelled = new_id(), *reserved = new_id();
    const char *data = text("{\"order_id\":\"%s\",\"user_id\":\"%s\",\"reservation_id\":\"r\","
                            "\"currency\":\"EUR\",\"total\":4200,\"payment_method\":\"pm_ok\"}",
                            order, order);

    (void)state;
    publish("order.cancelled", cancelled,
            broker_event(cancelled, "order.cancelled.v1", "order", order, about(order)));
    publish("inventory.reserved", reserved,
            broker_event(reserved, "inventory.reserved.v1", "inventory", order, data));
    await_buried(3); /* the reservation, and payment's answers to both */
    life_goes_on(consumers, 3);
    assert_int_equal(sql_int_of("payment",
                                "SELECT count(*) FROM payments WHERE order_id = $1::uuid"
                                " AND state = 'VOID'",
                                order),
                     1);
}

/* Every event of a finished saga once more, with its own id: inboxes know them. And under
 * new ids: the state machines know them. Neither changes anything. */
static void a_whole_saga_delivered_again_changes_nothing(void **state)
{
    static const char *const types[] = {"inventory.reserved", "payment.processed",
                                        "shipment.dispatched"};
    struct customer c = customer_new();
    const char *sku = product_new(100, 5, true), *id = order_new(&c, sku, 1, "pm_ok");
    struct reply r;

    (void)state;
    await_status(&c, id, "SHIPPED");
    r = client_send(
        &(struct request){.url = text("/api/v1/orders/%s/timeline", id), .token = c.token});
    for (size_t i = 0; i < 3; i++) {
        const char *data =
            text("{\"order_id\":\"%s\",\"reservation_id\":\"r\",\"payment_id\":\"p\","
                 "\"tracking_number\":\"T\",\"user_id\":\"%s\",\"currency\":\"EUR\","
                 "\"total\":100,\"payment_method\":\"pm_ok\"}",
                 id, c.id);
        const char *known =
            text("%s", reply_str(&r, text("items.%d.event_id", (int[]){1, 2, 4}[i])));
        const char *fresh = new_id();

        publish(types[i], known, broker_event(known, text("%s.v1", types[i]), "replay", id, data));
        publish(types[i], fresh, broker_event(fresh, text("%s.v1", types[i]), "replay", id, data));
    }
    reply_free(&r);
    life_goes_on(NULL, 0);
    assert_string_equal(order_status(&c, id), "SHIPPED");
    assert_int_equal(sql_int_of("inventory", "SELECT on_hand FROM products WHERE sku = $1", sku),
                     4);
}

/* --- the queues themselves ------------------------------------------------- */

/* As the broker lists it, one line: name, arguments. "": there is none. */
static const char *listed(const char *all, const char *queue)
{
    const size_t len = strlen(queue);

    while (*all && !(strncmp(all, queue, len) == 0 && all[len] == '\t')) {
        all += strcspn(all, "\n");
        all += *all == '\n';
    }
    return text("%.*s", (int)strcspn(all, "\n"), all);
}

/* What an argument was set to; "" when it was not. Versions write {"x-max-length",200000}
 * or {"x-max-length",signedint,200000}: it is all that stands before the next one. */
static const char *argument(const char *line, const char *name)
{
    const char *at = strstr(line, text("\"%s\"", name)), *next;

    if (!at)
        return "";
    at += strlen(name) + 2;
    next = strstr(at, "\"x-");
    return next ? text("%.*s", (int)(next - at), at) : at;
}

static bool is_number(const char *value)
{
    const char *digit = strpbrk(value, "0123456789");

    return digit && strtoll(digit, NULL, 10) > 0;
}

static void must_be_bounded(const char *all, const char *queue, bool is_consumed)
{
    const char *line = listed(all, queue);

    if (!*line)
        fail_msg("there is no queue %s", queue);
    if (!strstr(argument(line, "x-queue-type"), "\"quorum\""))
        fail_msg("its type is no quorum: %s", line);
    if (!is_number(argument(line, "x-max-length")))
        fail_msg("it takes any number of messages: %s", line);
    if (!strstr(argument(line, "x-overflow"), "\"reject-publish\""))
        fail_msg("when full it loses the oldest: %s", line);
    if (is_consumed && !is_number(argument(line, "x-delivery-limit")))
        fail_msg("how often a message is handed out is left to the broker: %s", line);
}

static void each_queue_is_a_bounded_quorum_that_refuses_what_is_too_much(void **state)
{
    static const char *const queues[] = {"order", "inventory", "payment"};
    static const char *const rests[] = {"retry.1000ms", "retry.5000ms", "retry.30000ms",
                                        "retry.120000ms"};
    const struct said s =
        wayctl_run(text("%s rabbitmqctl list_queues -q --no-table-headers -p %s name arguments",
                        world_env("STACK_COMMAND"), world_env("AMQP_VHOST")));

    (void)state;
    must_say(s, FINE, "order");
    for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
        must_be_bounded(s.text, queues[i], true);
        must_be_bounded(s.text, consumers[i], true);
    }
    for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++)
        must_be_bounded(s.text, rests[i], false); /* nobody reads them */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_messages_are_buried_with_the_reason),
        cmocka_unit_test(an_unknown_version_is_buried_with_the_reason),
        cmocka_unit_test(data_that_makes_no_sense_is_buried_with_the_reason),
        cmocka_unit_test(a_cancellation_before_its_order_leaves_a_tombstone),
        cmocka_unit_test(a_cancellation_before_the_charge_refuses_the_charge),
        cmocka_unit_test(a_whole_saga_delivered_again_changes_nothing),
        cmocka_unit_test(each_queue_is_a_bounded_quorum_that_refuses_what_is_too_much),
    };

    return cmocka_run_group_tests_name("messages", tests, NULL, NULL);
}
