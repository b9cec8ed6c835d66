/* bus_topology.c - the exchanges and queues of a consumer. */
#include <stdatomic.h>

#include "arena.h"
#include "bus_private.h"

enum {
    /* Beyond it a queue refuses (x-overflow reject-publish), and the publisher's outbox
     * keeps the event: the other policy, drop-head, would lose the oldest. */
    MAX_LENGTH = 200000,
    /* How often the broker itself hands a message out again after its consumer died.
     * RabbitMQ 4 gives up after 20 unless told otherwise. */
    DELIVERY_LIMIT = 1000,
    /* The same of dead letters, which leave only by an operator's hand. */
    LOOK_LIMIT = 1000000,
    MAX_ARGUMENTS = 8,
};

static _Atomic int retry_delays_ms[BUS_RETRIES] = {1000, 5000, 30000, 120000};

int bus_retry_delay_ms(int attempt)
{
    if (attempt < 1)
        attempt = 1;
    if (attempt > BUS_RETRIES)
        attempt = BUS_RETRIES;
    return atomic_load(&retry_delays_ms[attempt - 1]);
}

void bus_set_retry_delays(const int ms[BUS_RETRIES])
{
    for (int i = 0; i < BUS_RETRIES; i++)
        atomic_store(&retry_delays_ms[i], ms[i]);
}

const char *bus_retry_name(struct arena *a, int attempt)
{
    return arena_printf(a, "retry.%dms", bus_retry_delay_ms(attempt));
}

struct err bus_declare_exchange(struct bus *b, struct arena *a, const char *name, const char *type)
{
    const amqp_boolean_t passive = 0, durable = 1, auto_delete = 0, internal = 0;

    amqp_exchange_declare(b->conn, BUS_CHANNEL, amqp_cstring_bytes(name), amqp_cstring_bytes(type),
                          passive, durable, auto_delete, internal, amqp_empty_table);
    return bus_reply_error(b, a, arena_printf(a, "declare exchange %s", name),
                           amqp_get_rpc_reply(b->conn));
}

/* A queue with the arguments that all share, and 'nextra' of its own. */
static struct err declare_queue(struct bus *b, struct arena *a, const char *name,
                                const amqp_table_entry_t extra[], int nextra)
{
    const amqp_boolean_t passive = 0, durable = 1, exclusive = 0, auto_delete = 0;
    amqp_table_entry_t entries[MAX_ARGUMENTS] = {
        bus_text("x-queue-type", "quorum"),
        bus_text("x-overflow", "reject-publish"),
        bus_number("x-max-length", MAX_LENGTH),
    };
    amqp_table_t arguments = {3, entries};

    for (int i = 0; i < nextra && arguments.num_entries < MAX_ARGUMENTS; i++)
        entries[arguments.num_entries++] = extra[i];
    amqp_queue_declare(b->conn, BUS_CHANNEL, amqp_cstring_bytes(name), passive, durable, exclusive,
                       auto_delete, arguments);
    return bus_reply_error(b, a, arena_printf(a, "declare queue %s", name),
                           amqp_get_rpc_reply(b->conn));
}

static struct err bind(struct bus *b, struct arena *a, const char *queue, const char *exchange,
                       const char *key)
{
    amqp_queue_bind(b->conn, BUS_CHANNEL, amqp_cstring_bytes(queue), amqp_cstring_bytes(exchange),
                    amqp_cstring_bytes(key), amqp_empty_table);
    return bus_reply_error(b, a, arena_printf(a, "bind queue %s to %s (%s)", queue, exchange, key),
                           amqp_get_rpc_reply(b->conn));
}

/* The consumer's queue. A message that the broker itself gives up joins those that the
 * consumer buried; at-least-once keeps it here until it is there. */
static struct err declare_main(struct bus *b, struct arena *a, const char *queue, const char *dead)
{
    const amqp_table_entry_t extra[] = {
        bus_number("x-delivery-limit", DELIVERY_LIMIT),
        bus_text("x-dead-letter-exchange", ""),
        bus_text("x-dead-letter-routing-key", dead),
        bus_text("x-dead-letter-strategy", "at-least-once"),
    };

    return declare_queue(b, a, queue, extra, 4);
}

/* What gave up, until an operator redrives or drops it. */
static struct err declare_dead(struct bus *b, struct arena *a, const char *dead)
{
    const amqp_table_entry_t extra[] = {bus_number("x-delivery-limit", LOOK_LIMIT)};

    return declare_queue(b, a, dead, extra, 1);
}

/* A message rests here until its time to live is over. It keeps its routing key, the
 * consumer's queue, so that all consumers may share these queues. */
static struct err declare_retry(struct bus *b, struct arena *a, int attempt)
{
    const char *name = bus_retry_name(a, attempt);
    const amqp_table_entry_t extra[] = {
        bus_number("x-message-ttl", bus_retry_delay_ms(attempt)),
        bus_text("x-dead-letter-exchange", ""),
        bus_text("x-dead-letter-strategy", "at-least-once"),
    };
    struct err err = bus_declare_exchange(b, a, name, "fanout");

    if (!err.code)
        err = declare_queue(b, a, name, extra, 3);
    if (!err.code)
        err = bind(b, a, name, name, "");
    return err;
}

static struct err start_reading(struct bus *b, struct arena *a, const char *queue, int prefetch)
{
    const amqp_boolean_t whole_channel = 0, no_local = 0, no_ack = 0, exclusive = 0;
    const uint32_t any_size = 0;
    struct err err;

    amqp_basic_qos(b->conn, BUS_CHANNEL, any_size, (uint16_t)prefetch, whole_channel);
    err = bus_reply_error(b, a, "set prefetch", amqp_get_rpc_reply(b->conn));
    if (err.code)
        return err;
    amqp_basic_consume(b->conn, BUS_CHANNEL, amqp_cstring_bytes(queue), amqp_empty_bytes, no_local,
                       no_ack, exclusive, amqp_empty_table);
    return bus_reply_error(b, a, arena_printf(a, "consume %s", queue), amqp_get_rpc_reply(b->conn));
}

struct err bus_subscribe(struct bus *b, struct arena *a, const char *queue,
                         const char *const types[], size_t ntypes, int prefetch)
{
    const char *dead = arena_printf(a, "%s.dead", queue);
    struct err err = declare_dead(b, a, dead);

    for (int n = 1; !err.code && n <= BUS_RETRIES; n++)
        err = declare_retry(b, a, n);
    if (!err.code)
        err = declare_main(b, a, queue, dead);
    for (size_t i = 0; !err.code && i < ntypes; i++)
        err = bind(b, a, queue, BUS_EXCHANGE, types[i]);
    if (!err.code)
        err = start_reading(b, a, queue, prefetch);
    return err;
}
