/* bus.h - RabbitMQ for one thread.
 *
 * A struct bus is one connection with one channel and belongs to one thread:
 * rabbitmq-c has no locking at all. Publishing waits for the broker and may block
 * (bounded by timeouts), so only the relay and the consumer's own retries publish.
 * After an error the connection is unusable: close it and open another. Errors are
 *   UNAVAILABLE  the broker is gone, slow, or blocks publishers
 *   INTERNAL     the broker objects to what we asked: not permitted, no such exchange
 *   INVALID      from bus_publish() only: this message cannot be sent, all else is well
 *
 * Topology (all durable, queues are quorum queues), for a consumer named Q:
 *   exchange "waybill" (topic) ── types ──▶ Q
 *   exchange "retry.<n>ms" (fanout) ──▶ queue "retry.<n>ms" ── after n ms ──▶ Q
 *   queue "Q.dead": what gave up, for an operator
 * A message waits in retry.<n>ms under the routing key Q; when its time is over the
 * broker dead-letters it to the default exchange, which routes by queue name. Every
 * queue is bounded and refuses what is too much (the publisher keeps it) rather than
 * dropping anything, and dead-letters at least once.
 *
 * The least that the user of service Q needs, as RabbitMQ's permissions:
 *   configure  ^(waybill|retry\.[0-9]+ms|Q|Q\.dead)$
 *   write      ^(waybill|retry\.[0-9]+ms|Q|amq\.default)$
 *   read       ^(waybill|retry\.[0-9]+ms|Q)$
 * and of a service that only publishes: configure and write ^waybill$, read ^$. */
#ifndef COMMON_BUS_H
#define COMMON_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define BUS_EXCHANGE "waybill"

enum {
    BUS_RETRIES = 4,           /* delays: bus_retry_delay_ms() */
    BUS_MAX_UNCONFIRMED = 512, /* publish no more than this before bus_confirm() */
    BUS_MAX_BODY = 256 * 1024, /* bytes; a larger message goes to the dead letters unread */
    BUS_MAX_ERROR = 500,       /* bytes of message.error that are kept */
};

struct bus;

struct bus_address {
    const char *host, *user, *password, *vhost;
    int port;
    const char *name; /* shown in the broker's list of connections */
};

/* A received message may come from anybody: 'id' and 'traceparent' are "" when they
 * are missing, 'type' is the routing key when there is none. */
struct message {
    const char *id;          /* of the event */
    const char *type;        /* "order.created" */
    const char *traceparent; /* or "" */
    const char *body;
    size_t body_len;
    /* of a received message */
    uint64_t delivery_tag;
    bool redelivered;
    int attempts; /* how often it was put to a retry queue: 0..BUS_RETRIES */
    /* of a message to retry queues and dead letters */
    const char *queue; /* the consumer that failed */
    const char *error; /* why */
};

/* Connect, turn confirms on, and see to it that the exchange exists. */
struct err bus_open(struct arena *a, const struct bus_address *addr, struct bus **out) MUST_CHECK;
void bus_close(struct bus *b); /* NULL is fine; at most half a second */

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

/* Publish without waiting; then bus_confirm() waits until the broker has answered for
 * all that was published since the last one. refused[i] is set for each message, in
 * order of publishing, that the broker has not taken: a 'mandatory' one that reached
 * no queue, or one that a full queue refused. Room for 'n'; NULL when not wanted: then
 * a refusal is an error (UNAVAILABLE). */
struct err bus_publish(struct bus *b, struct arena *a, const struct message *m,
                       bool mandatory) MUST_CHECK;
struct err bus_confirm(struct bus *b, struct arena *a, bool refused[], size_t n,
                       int timeout_ms) MUST_CHECK;

/* To the retry queue of m->attempts + 1, or to the dead letters of m->queue. Wait
 * with bus_confirm() before acknowledging the original. */
struct err bus_retry(struct bus *b, struct arena *a, const struct message *m) MUST_CHECK;
struct err bus_bury(struct bus *b, struct arena *a, const struct message *m) MUST_CHECK;

int bus_retry_delay_ms(int attempt); /* 1..BUS_RETRIES */

/* Other delays for the whole process, before threads start: for tests, which cannot
 * wait for minutes. Retry queues are named by their delay, so both sets may exist. */
void bus_set_retry_delays(const int ms[BUS_RETRIES]);

/* Serve heartbeats of an idle connection; an error when it is gone. */
struct err bus_idle(struct bus *b, struct arena *a) MUST_CHECK;

#endif
