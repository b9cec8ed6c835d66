/* consumer.h - a thread that feeds events from one queue to their handlers.
 *
 * It takes what has arrived (up to a batch), handles all in one transaction with
 * their inbox rows, commits, and acknowledges all at once. If anything fails, the
 * batch is rolled back and each message is run alone, so that one bad message is
 * found and dealt with by itself:
 *   UNAVAILABLE, INTERNAL  to a retry queue, a longer delay each time, then buried
 *   any other error        buried at once: trying again cannot help
 * While the database itself is gone, or its disk is full, nothing is counted against a
 * message: the consumer lets go of the queue and comes back when the database does. */
#ifndef COMMON_CONSUMER_H
#define COMMON_CONSUMER_H

#include <stddef.h>

#include "bus.h"
#include "db.h"
#include "event.h"

struct consumer;

struct consumer_options {
    struct bus_address broker;
    struct db_options db;
    const char *queue; /* the service's name */
    const struct subscription *subscriptions;
    size_t nsubscriptions;
    event_ahead *ahead; /* or NULL */
    int batch;          /* messages a transaction, at most; 0 means 50 */
    int prefetch;       /* messages the broker hands out before it gets an answer; 0 means 200 */
};

/* Strings and subscriptions are borrowed. Its health check is "rabbitmq". */
struct consumer *consumer_start(const struct consumer_options *opt);
void consumer_stop(struct consumer *c); /* finishes the batch in hand; NULL is fine */

#endif
