/* bus.c - subscriptions, and events on their way. */
#include "bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/inventory/inventory.h"
#include "services/payment/payment.h"
#include "world.h"

/* As in the events.c of each service. */
const struct route routes[ROUTES] = {
    {"order.created",       INVENTORY,    INVENTORY_RESERVE },
    {"order.cancelling",    INVENTORY,    INVENTORY_RELEASE },
    {"order.confirmed",     INVENTORY,    INVENTORY_SHIP    },
    {"inventory.reserved",  PAYMENT,      PAYMENT_RESERVED  },
    {"order.cancelled",     PAYMENT,      PAYMENT_CANCELLED },
    {"inventory.reserved",  ORDER,        ORDER_RESERVED    },
    {"inventory.failed",    ORDER,        ORDER_OUT_OF_STOCK},
    {"inventory.released",  ORDER,        ORDER_RELEASED    },
    {"payment.processed",   ORDER,        ORDER_PAID        },
    {"payment.failed",      ORDER,        ORDER_DECLINED    },
    {"payment.refunded",    ORDER,        ORDER_REFUNDED    },
    {"shipment.dispatched", ORDER,        ORDER_DISPATCHED  },
    {"shipment.failed",     ORDER,        ORDER_UNSHIPPABLE },
    {"order.created",       NOTIFICATION, ORDER_PENDING     },
    {"order.confirmed",     NOTIFICATION, ORDER_CONFIRMED   },
    {"order.cancelling",    NOTIFICATION, ORDER_CANCELLING  },
    {"order.shipped",       NOTIFICATION, ORDER_SHIPPED     },
    {"order.cancelled",     NOTIFICATION, ORDER_CANCELLED   },
};

enum actor route_sender(const struct route *r)
{
    switch (r->type[0]) {
    case 'o': return ORDER;
    case 'p': return PAYMENT;
    default: return INVENTORY; /* inventory.*, shipment.* */
    }
}

int bag_waiting(const struct bag *b, int route)
{
    return (int)(b->waiting >> (route * BAG_BITS) & BAG_FULL);
}

static uint64_t one(int route)
{
    return UINT64_C(1) << (route * BAG_BITS);
}

static uint32_t copy(int route)
{
    return UINT32_C(1) << route;
}

bool bag_empty(const struct bag *b, int route)
{
    return bag_waiting(b, route) == 0 && !(b->copies & copy(route));
}

/* Without inboxes nothing tells two alike events from one that comes twice, and any
 * event may: then one in the bag stands for any number of them. */
static void put(const struct scenario *sc, struct bag *b, int route)
{
    if (bag_waiting(b, route) && !sc->inbox)
        return;
    if (bag_waiting(b, route) == BAG_FULL) {
        fprintf(stderr, "explore: more than %d of %s: raise BAG_BITS\n", BAG_FULL,
                routes[route].type);
        abort();
    }
    b->waiting += one(route);
}

void bag_send(const struct scenario *sc, struct bag *b, const char *type)
{
    for (int i = 0; type && i < ROUTES; i++)
        if (strcmp(routes[i].type, type) == 0)
            put(sc, b, i);
}

void bag_repeat(const struct scenario *sc, struct bag *b, const char *type)
{
    for (int i = 0; i < ROUTES; i++)
        if (routes[i].to != NOTIFICATION && strcmp(routes[i].type, type) == 0)
            put(sc, b, i);
}

static bool take_twice(const struct scenario *sc, struct bag *b, int route)
{
    if (!sc->inbox)
        return true; /* it stays, and will be as new */
    if ((b->copies & copy(route)) || __builtin_popcount(b->copies) >= sc->copies)
        return false;
    b->waiting -= one(route);
    if (sc->bug != BUG_EARLY_ACK)
        b->copies |= copy(route);
    return true;
}

bool bag_take(const struct scenario *sc, struct bag *b, int route, enum delivery how, bool *handle)
{
    *handle = how != TWICE || sc->bug != BUG_EARLY_ACK;
    if (how == AGAIN) {
        const bool any = b->copies & copy(route);

        *handle = sc->bug == BUG_INBOX && routes[route].to == NOTIFICATION;
        b->copies &= ~copy(route);
        return any;
    }
    if (!bag_waiting(b, route))
        return false;
    if (how == TWICE)
        return take_twice(sc, b, route);
    if (how == NEVER) {
        *handle = false;
        if (!sc->losses || routes[route].to == NOTIFICATION)
            return false;
    }
    b->waiting -= one(route);
    return true;
}
