/* bus.h - RabbitMQ for one thread.
 *
 * A struct bus is one connection with one channel and belongs to one thread:
 * rabbitmq-c has no locking at all. Publishing waits for the broker and may block
 * (bounded by timeouts), so only the relay and the consumer's own retries publish.
 * After any error the connection is unusable: close it and open another.
 *
 * Topology (all durable, queues are quorum queues), for a consumer named Q:
 *   exchange "waybill" (topic) ── types ──▶ Q
 *   exchange "retry.<n>" (fanout) ──▶ queue "retry.<n>" ── after its delay ──▶ Q
 *   queue "Q.dead": what gave up, for an operator
 * A message waits in retry.<n> under the routing key Q; when its time is over the
 * broker dead-letters it to the default exchange, which routes by queue name. */
#ifndef COMMON_BUS_H
#define COMMON_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define BUS_EXCHANGE "waybill"

enum { BUS_RETRIES = 4 }; /* delays: bus_retry_delay_ms() */

struct bus;

struct bus_address {
    const char *host, *user, *password, *vhost;
    int port;
    const char *name; /* shown in the broker's list of connections */
};

struct message {
    const char *id;          /* of the event */
    const char *type;        /* "order.created" */
    const char *traceparent; /* or "" */
    const char *body;
    size_t body_len;
    /* of a received message */
    uint64_t delivery_tag;
    bool redelivered;
    int attempts; /* how often it was put to a retry queue */
    /* of a message to retry queues and dead letters */
    const char *queue; /* the consumer that failed */
    const char *error; /* why */
};

struct err bus_open(struct arena *a, const struct bus_address *addr, struct bus **out) MUST_CHECK;
void bus_close(struct bus *b); /* NULL is fine; never blocks */

/* Make 'queue' with its bindings, retry queues and dead letter queue, and start
 * reading it with at most 'prefetch' unacknowledged messages. */
struct err bus_subscribe(struct bus *b, struct arena *a, const char *queue,
                         const char *const types[], size_t ntypes, int prefetch) MUST_CHECK;

/* Wait up to 'timeout_ms' for one message (0: only what has arrived already);
 * *got says whether there was one. 'm' lives in 'a'. */
struct err bus_next(struct bus *b, struct arena *a, int timeout_ms, struct message *m,
                    bool *got) MUST_CHECK;

/* Acknowledge 'tag', and with 'multiple' everything before it. */
struct err bus_ack(struct bus *b, struct arena *a, uint64_t tag, bool multiple) MUST_CHECK;

/* Publish without waiting; then bus_confirm() waits until the broker has taken
 * responsibility for all that was published since the last one. 'mandatory'
 * messages that reached no queue are reported by *returned[i] (in order of
 * publishing, room for 'n', NULL when not wanted; then a return is an error). */
struct err bus_publish(struct bus *b, struct arena *a, const struct message *m,
                       bool mandatory) MUST_CHECK;
struct err bus_confirm(struct bus *b, struct arena *a, bool returned[], size_t n,
                       int timeout_ms) MUST_CHECK;

/* To the retry queue of m->attempts + 1, or to the dead letters of m->queue. Wait
 * with bus_confirm() before acknowledging the original. */
struct err bus_retry(struct bus *b, struct arena *a, const struct message *m) MUST_CHECK;
struct err bus_bury(struct bus *b, struct arena *a, const struct message *m) MUST_CHECK;

int bus_retry_delay_ms(int attempt); /* 1..BUS_RETRIES */

/* Serve heartbeats of an idle connection; an error when it is gone. */
struct err bus_idle(struct bus *b, struct arena *a) MUST_CHECK;

#endif
