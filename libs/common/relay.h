/* relay.h - the worker that empties the outbox.
 *
 * Takes up to a batch of the oldest rows of one destination FOR UPDATE SKIP LOCKED
 * (several instances share the work), publishes them all, waits for the last
 * confirm, deletes them, and takes what has come meanwhile; it commits when there was
 * nothing for a moment, or after a tenth of a second. A crash before that publishes some
 * rows twice; the consumers' inboxes absorb that. Rows that the broker does not take (no queue is
 * bound yet, a queue is full) stay, are due again a little later, and hold up nobody;
 * neither does a row over which the connection breaks, for it is found by sending
 * the batch's rows one by one. */
#ifndef COMMON_RELAY_H
#define COMMON_RELAY_H

#include "bus.h"
#include "stream.h"
#include "worker.h"

/* One for each worker: it holds that thread's connection. */
struct relay;

/* To RabbitMQ's exchange. The address is borrowed. */
struct relay *relay_to_bus(const struct bus_address *broker);

/* To a Redis Stream, with 'script' (Lua) run once for each row:
 * KEYS: the stream's name; ARGV: event id, type, subject, envelope. All is borrowed. */
struct relay *relay_to_stream(const struct stream_address *redis, const char *stream,
                              const char *script);

/* A step for worker.h: relay what there is. 'arg' is the struct relay. */
struct err relay_step(struct ctx *ctx, void *arg, bool *more) MUST_CHECK;

void relay_free(struct relay *r); /* NULL is fine */

#endif
