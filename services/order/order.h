/* order.h - what an order is and what may happen to it. Pure: no I/O, no clock. */
#ifndef ORDER_ORDER_H
#define ORDER_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ORDER_MAX_LINES = 50,
    ORDER_MAX_QUANTITY = 1000,
    ORDER_MAX_SKU = 64,
    ORDER_MAX_PRICE = 1000000000, /* of one piece, so that a total cannot overflow */
};

enum order_status {
    ORDER_PENDING,    /* accepted, saga under way */
    ORDER_CONFIRMED,  /* paid, waiting for shipment */
    ORDER_CANCELLING, /* asked to undo; inventory decides, for dispatch is the pivot */
    ORDER_SHIPPED,    /* the end, the good one */
    ORDER_CANCELLED,  /* the end, nothing shipped and nothing owed */
};

/* What can happen to an order, whoever says it. */
enum order_event {
    ORDER_RESERVED,     /* inventory.reserved */
    ORDER_OUT_OF_STOCK, /* inventory.failed */
    ORDER_RELEASED,     /* inventory.released */
    ORDER_PAID,         /* payment.processed */
    ORDER_DECLINED,     /* payment.failed */
    ORDER_REFUNDED,     /* payment.refunded */
    ORDER_DISPATCHED,   /* shipment.dispatched */
    ORDER_UNSHIPPABLE,  /* shipment.failed */
    ORDER_CANCEL_ASKED, /* by the customer */
    ORDER_EXPIRED,      /* the saga's deadline passed */
};

enum { ORDER_STATUSES = ORDER_CANCELLED + 1, ORDER_EVENTS = ORDER_EXPIRED + 1 };

struct order_line {
    const char *sku;
    int64_t quantity, unit_price; /* minor units: cents, never a double */
};

struct order {
    const char *id, *user_id;
    enum order_status status;
    const char *payment_method, *currency;
    int64_t total;
    struct order_line *lines;
    size_t nlines;
    const char *reason;                           /* of a cancellation, or "" */
    const char *reservation_id, *tracking_number; /* "" until known */
    int64_t version;                              /* counts the changes of status */
    bool settled;                                 /* payment said that it keeps nothing */
    const char *created_at, *updated_at;          /* RFC 3339 */
};

const char *order_status_name(enum order_status s);
bool order_status_parse(const char *name, enum order_status *out);

/* The event that announces this status: "order.shipped". */
const char *order_announcement(enum order_status s);

bool order_is_over(enum order_status s);

/* Over, and nothing is owed to the customer or asked of anyone. */
bool order_is_done(const struct order *o);

/* The whole life cycle: the status after 'e'. Any event is allowed in any status,
 * for duplicates and late arrivals are normal; most change nothing. */
enum order_status order_next(enum order_status from, enum order_event e);

/* Move 'o' by 'e'; false when its status stays as it is. 'reason' is kept when this
 * begins its cancellation. */
bool order_apply(struct order *o, enum order_event e, const char *reason);

/* Does 'e' say that no money of this order is kept, nor will be? */
bool order_settles(enum order_event e);

/* The index of the first line whose sku an earlier line has, or -1. */
int order_repeated_line(const struct order *o);

void order_compute_total(struct order *o);

#endif
