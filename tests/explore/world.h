/* world.h - one state of the whole system: what every database, queue and worker holds.
 *
 * A saga is all that concerns one order; orders share nothing but the stock. Fields hold
 * the enums of the services' own headers. */
#ifndef EXPLORE_WORLD_H
#define EXPLORE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "scenario.h"
#include "services/order/order.h"

/* What a worker holds after its call to the provider. */
enum answer { NOT_CALLED, CHARGED, DECLINED, REFUSED, RETURNED, BLOCKED, UNKNOWN, NOT_SENT };

struct worker {
    uint8_t asked; /* enum payment_state of the job in hand; PAYMENT_NONE: idle */
    uint8_t answer;
};

/* What the provider knows of the order's idempotency key. */
enum charge { CHARGE_OPEN, CHARGE_CAPTURED, CHARGE_DECLINED, CHARGE_CANCELLED };

enum { LATE_CHARGE = 1, LATE_CANCEL = 2 };

struct saga {
    struct bag bag;                      /* events on their way */
    uint8_t status, version, settled;    /* order: its row */
    uint8_t reservation;                 /* inventory: its row */
    uint8_t peeked;                      /* BUG_CHECK_THEN_ACT: 1 stock was there, 2 it was not */
    uint8_t payment, attempts, refunded; /* payment: its row */
    struct worker workers[MAX_WORKERS];
    uint8_t charge, captured, returned; /* provider: how often money came and went */
    uint8_t late;                       /* requests that nobody waits for any more */
    uint8_t told[ORDER_STATUSES];       /* notification: rows for each order.* event */
};

struct world {
    int8_t on_hand, reserved, dispatched;
    struct saga sagas[MAX_ORDERS];
};

/* Every order has just been placed. */
struct world world_begin(const struct scenario *sc);

/* To be remembered a world is packed to a few words, the same for worlds that differ only
 * in which of two equal orders, or workers, is called the first. */
enum { SAGA_WORDS = 2, WORLD_WORDS = 1 + MAX_ORDERS * SAGA_WORDS };

size_t world_words(const struct scenario *sc); /* how many it takes in this scenario */

/* names[i], where not NULL, goes with the i-th order to its new place. A number that has
 * outgrown its bits ends the program with a message. */
void world_pack(const struct scenario *sc, const struct world *w, uint64_t words[], char names[]);
struct world world_unpack(const struct scenario *sc, const uint64_t words[]);

#endif
