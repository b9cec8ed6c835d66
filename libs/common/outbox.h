/* outbox.h - the Transactional Outbox pattern: events written in the same
 * transaction as the change that they announce. Use-cases write here and nowhere
 * else; relay.h carries the rows to RabbitMQ and to the Redis Stream. */
#ifndef COMMON_OUTBOX_H
#define COMMON_OUTBOX_H

#include <stdbool.h>

#include "ctx.h"
#include "err.h"

enum outbox_destination { OUTBOX_BUS = 1, OUTBOX_STREAM = 2 }; /* one bit each */

struct outbox_event {
    const char *type; /* "order.created"; version 1 unless 'version' is set */
    int version;
    const char *subject; /* the order's id: all events of one order share it */
    const char *data;    /* a JSON object */
    unsigned to;         /* OUTBOX_BUS | OUTBOX_STREAM; 0 means OUTBOX_BUS */
    bool optional;       /* nobody has to be bound to it: an unroutable message is no fault */
};

/* Write one row for each destination, in one statement. *id (when not NULL) gets
 * the new event's id. Wakes the relays after the commit. */
struct err outbox_add(struct ctx *ctx, const struct outbox_event *e, const char **id) MUST_CHECK;

/* For who starts work that must be announced: ERR_UNAVAILABLE while the outbox is full
 * (outbox_watch.h). Costs nothing. What ends work never asks. */
struct err outbox_room(void) MUST_CHECK;

#endif
