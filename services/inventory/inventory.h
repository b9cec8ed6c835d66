/* inventory.h - products, and what may happen to the stock an order asks for. Pure:
 * no I/O, no clock. */
#ifndef INVENTORY_INVENTORY_H
#define INVENTORY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    INVENTORY_MAX_SKU = 64,
    INVENTORY_MAX_NAME = 200,
    INVENTORY_MAX_PRICE = 100000000,    /* minor units: a million */
    INVENTORY_MAX_RESTOCK = 1000000,    /* at once */
    INVENTORY_MAX_ON_HAND = 1000000000, /* the migration has it too */
    INVENTORY_MAX_LINES = 50,
    INVENTORY_MAX_QUANTITY = 1000,
};

/* What an order has of the stock. */
enum inventory_state {
    INVENTORY_NONE,       /* nothing is known of the order: it has no row */
    INVENTORY_RESERVED,   /* every line is set aside */
    INVENTORY_FAILED,     /* some line could not be: none is */
    INVENTORY_RELEASED,   /* given back, and refused for ever: also the tombstone */
    INVENTORY_DISPATCHED, /* on its way, the point of no return */
    INVENTORY_UNSHIPPED,  /* the carrier refused: given back */
};

/* What an order can ask for. */
enum inventory_event {
    INVENTORY_RESERVE, /* order.created */
    INVENTORY_RELEASE, /* order.cancelling */
    INVENTORY_SHIP,    /* order.confirmed */
};

enum { INVENTORY_STATES = INVENTORY_UNSHIPPED + 1, INVENTORY_EVENTS = INVENTORY_SHIP + 1 };

struct product {
    const char *sku, *name, *currency;
    int64_t price; /* minor units: cents, never a double */
    bool shippable;
    int64_t initial, restocked, dispatched; /* pieces that came and went */
    int64_t on_hand, reserved;              /* pieces here now, and those set aside */
    const char *updated_at;                 /* RFC 3339 */
};

struct reservation_line {
    const char *sku;
    int64_t quantity;
    const struct product *product; /* NULL: there is no such sku */
};

struct reservation {
    const char *order_id;
    enum inventory_state state;
    const char *reservation_id; /* "" when nothing ever was reserved */
    const char *user_id, *currency, *payment_method;
    int64_t total;
    struct reservation_line *lines;
    size_t nlines;
    const char *reason, *refused_sku;          /* of FAILED and UNSHIPPED, or "" */
    const char *shipment_id, *tracking_number; /* of DISPATCHED, or "" */
};

/* What is known of an order that has no row. */
struct reservation reservation_new(const char *order_id);

/* Why something cannot be done, and the line in its way ("" for none). No reason
 * (NULL): it can. */
struct refusal {
    const char *reason; /* "out of stock": the customer reads it */
    const char *sku;
};

/* 1 to 64 of A-Z, 0-9 and '-'. */
bool inventory_sku_valid(const char *sku);

/* Three letters A-Z, as in ISO 4217. */
bool inventory_currency_valid(const char *currency);

int64_t inventory_available(const struct product *p);

const char *inventory_state_name(enum inventory_state s);
bool inventory_state_parse(const char *name, enum inventory_state *out);

/* The event that announces this state: "inventory.reserved". NULL for NONE. */
const char *inventory_announcement(enum inventory_state s);

/* Can every line be set aside? Asks for each line's product. */
struct refusal inventory_check_stock(const struct reservation *r);

/* Will the carrier take every line? Asks for each line's product. */
struct refusal inventory_check_shipping(const struct reservation *r);

/* The whole life cycle: the state after 'e', which 'refused' says cannot be done. Any
 * event is allowed in any state, for duplicates and late arrivals are normal. */
enum inventory_state inventory_next(enum inventory_state from, enum inventory_event e,
                                    bool refused);

/* Move 'r' by 'e'; false when its state stays as it is. */
bool inventory_apply(struct reservation *r, enum inventory_event e, struct refusal refusal);

/* What a change of state does to a product, for each piece of the order: -1, 0 or 1. */
struct stock_change {
    int64_t reserved, dispatched;
};
struct stock_change inventory_stock_change(enum inventory_state from, enum inventory_state to);

/* The index of the first line whose sku an earlier line has, or -1. */
int inventory_repeated_line(const struct reservation *r);

/* "WB" and the last 12 digits of the shipment's id, which are its random part. */
enum { INVENTORY_TRACKING_LEN = 14 };
void inventory_tracking_number(const char *shipment_id, char out[INVENTORY_TRACKING_LEN + 1]);

#endif
