/* bus.h - who hears what: the subscriptions of all services, and the events on their way.
 *
 * An event between the commit that wrote it to the outbox and its acknowledgement is
 * simply on its way, in a bag for each consumer: relay, broker, retry queues and stream
 * can delay and repeat it, and put it behind any other, and so can a bag. Two events of
 * the same type and order differ in nothing but their ids, so the bag counts them. */
#ifndef EXPLORE_BUS_H
#define EXPLORE_BUS_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario.h"

/* In the order of a sequence diagram's columns. */
enum actor { CUSTOMER, NOTIFICATION, ORDER, INVENTORY, PAYMENT, PROVIDER, ACTORS };

enum { ROUTES = 18 };

struct route {
    const char *type;
    enum actor to;
    int meaning; /* to the receiver: its enum ..._event; notification: enum order_status */
};

extern const struct route routes[ROUTES];

enum actor route_sender(const struct route *r);

enum { BAG_BITS = 2, BAG_FULL = (1 << BAG_BITS) - 1 };

/* All zero: empty. */
struct bag {
    uint64_t waiting; /* BAG_BITS for each route: events that its consumer has not handled */
    uint32_t copies;  /* one bit for each: is there a copy of one that it has handled? */
};

int bag_waiting(const struct bag *b, int route);
bool bag_empty(const struct bag *b, int route); /* no copy, either */

/* To everyone who hears this type. NULL: there is nothing to say. */
void bag_send(const struct scenario *sc, struct bag *b, const char *type);

/* The same question under a new id. It is no news: notification is not told. */
void bag_repeat(const struct scenario *sc, struct bag *b, const char *type);

/* The ways an event can reach its consumer. */
enum delivery {
    ONCE,  /* handled and acknowledged */
    TWICE, /* handled, and a copy is about: the crash came before the acknowledgement,
              or the relay had published it twice */
    AGAIN, /* such a copy comes, is looked up in the inbox, and is acknowledged */
    NEVER, /* RabbitMQ's queue was lost, and this event with it */
};

/* Take an event off the route that way; false: there is none. Sets *handle where the
 * consumer's handler is to run. */
bool bag_take(const struct scenario *sc, struct bag *b, int route, enum delivery how, bool *handle);

#endif
