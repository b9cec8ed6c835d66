/* bus_admin.h - RabbitMQ for those who look after it: how long queues are, and their
 * messages taken in hand one by one.
 *
 * For a connection of its own, from bus_open(), that does not subscribe. A message
 * that was got is nobody else's until it is acknowledged (bus_ack), given back, or the
 * connection ends, which gives it back too. Errors are those of bus.h. */
#ifndef COMMON_BUS_ADMIN_H
#define COMMON_BUS_ADMIN_H

#include "bus.h"

struct bus_queue {
    bool exists;
    int64_t messages; /* ready to be delivered: without those that a consumer holds */
    int64_t consumers;
};

/* Looking for a queue that is not there gives back all that was got. */
struct err bus_queue_look(struct bus *b, struct arena *a, const char *queue,
                          struct bus_queue *out) MUST_CHECK;

/* Take the first message of 'queue', of any size; *got is false when there is none. Of a
 * dead letter, m->queue and m->error say who gave it up and why: the consumer, or else the
 * broker ("rejected", "delivery_limit"); "" when nobody says. */
struct err bus_get(struct bus *b, struct arena *a, const char *queue, struct message *m,
                   bool *got) MUST_CHECK;

/* Put all that was got and not acknowledged back where it was. */
struct err bus_give_back(struct bus *b, struct arena *a) MUST_CHECK;

/* Put a message into a queue, by its name and as if it were new: without the headers of
 * its retries. ERR_INVALID when it is too large. Wait with bus_confirm(): it refuses when
 * there is no such queue. */
struct err bus_send(struct bus *b, struct arena *a, const char *queue,
                    const struct message *m) MUST_CHECK;

#endif
