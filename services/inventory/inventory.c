/* inventory.c - the life cycle of a reservation, as a table, and its rules. */
#include "inventory.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char UPPER[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool inventory_sku_valid(const char *sku)
{
    const size_t len = strlen(sku);

    return len >= 1 && len <= INVENTORY_MAX_SKU &&
           strspn(sku, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == len;
}

bool inventory_currency_valid(const char *currency)
{
    return strlen(currency) == 3 && strspn(currency, UPPER) == 3;
}

int64_t inventory_available(const struct product *p)
{
    return p->on_hand - p->reserved;
}

static const struct {
    const char *name, *announcement;
} states[] = {
    [INVENTORY_NONE] = {"NONE",       NULL                 },
    [INVENTORY_RESERVED] = {"RESERVED",   "inventory.reserved" },
    [INVENTORY_FAILED] = {"FAILED",     "inventory.failed"   },
    [INVENTORY_RELEASED] = {"RELEASED",   "inventory.released" },
    [INVENTORY_DISPATCHED] = {"DISPATCHED", "shipment.dispatched"},
    [INVENTORY_UNSHIPPED] = {"UNSHIPPED",  "shipment.failed"    },
};

const char *inventory_state_name(enum inventory_state s)
{
    return states[s].name;
}

bool inventory_state_parse(const char *name, enum inventory_state *out)
{
    for (int i = 0; i < INVENTORY_STATES; i++) {
        if (strcmp(name, states[i].name) == 0) {
            *out = (enum inventory_state)i;
            return true;
        }
    }
    return false;
}

const char *inventory_announcement(enum inventory_state s)
{
    return states[s].announcement;
}

struct reservation reservation_new(const char *order_id)
{
    return (struct reservation){
        .order_id = order_id,
        .state = INVENTORY_NONE,
        .reservation_id = "",
        .user_id = "",
        .currency = "",
        .payment_method = "",
        .reason = "",
        .refused_sku = "",
        .shipment_id = "",
        .tracking_number = "",
    };
}

static const char *stock_refusal(const struct reservation *r, const struct reservation_line *l)
{
    if (!l->product)
        return "no such product";
    if (strcmp(l->product->currency, r->currency) != 0)
        return "sold in another currency";
    if (inventory_available(l->product) < l->quantity)
        return "out of stock";
    return NULL;
}

struct refusal inventory_check_stock(const struct reservation *r)
{
    for (size_t i = 0; i < r->nlines; i++) {
        const char *reason = stock_refusal(r, &r->lines[i]);

        if (reason)
            return (struct refusal){reason, r->lines[i].sku};
    }
    return (struct refusal){NULL, ""};
}

struct refusal inventory_check_shipping(const struct reservation *r)
{
    if (r->state != INVENTORY_RESERVED)
        return (struct refusal){"nothing was reserved", ""};
    for (size_t i = 0; i < r->nlines; i++)
        if (!r->lines[i].product->shippable)
            return (struct refusal){"no carrier takes it", r->lines[i].sku};
    return (struct refusal){NULL, ""};
}

/* Whatever is not listed changes nothing. A cancellation that comes first leaves
 * RELEASED, which refuses the order.created that comes later; a confirmation that
 * comes first leaves UNSHIPPED, for nothing ships that was not reserved. */
static const struct {
    enum inventory_state from;
    enum inventory_event event;
    enum inventory_state to, if_refused;
} transitions[] = {
    {INVENTORY_NONE,      INVENTORY_RESERVE, INVENTORY_RESERVED,   INVENTORY_FAILED   },
    {INVENTORY_NONE,      INVENTORY_RELEASE, INVENTORY_RELEASED,   INVENTORY_RELEASED },
    {INVENTORY_NONE,      INVENTORY_SHIP,    INVENTORY_UNSHIPPED,  INVENTORY_UNSHIPPED},
    {INVENTORY_RESERVED,  INVENTORY_RELEASE, INVENTORY_RELEASED,   INVENTORY_RELEASED },
    {INVENTORY_RESERVED,  INVENTORY_SHIP,    INVENTORY_DISPATCHED, INVENTORY_UNSHIPPED},
    {INVENTORY_FAILED,    INVENTORY_RELEASE, INVENTORY_RELEASED,   INVENTORY_RELEASED },
    {INVENTORY_UNSHIPPED, INVENTORY_RELEASE, INVENTORY_RELEASED,   INVENTORY_RELEASED },
};

enum inventory_state inventory_next(enum inventory_state from, enum inventory_event e, bool refused)
{
    for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++)
        if (transitions[i].from == from && transitions[i].event == e)
            return refused ? transitions[i].if_refused : transitions[i].to;
    return from;
}

bool inventory_apply(struct reservation *r, enum inventory_event e, struct refusal refusal)
{
    const enum inventory_state before = r->state;

    r->state = inventory_next(before, e, refusal.reason != NULL);
    if (r->state == before)
        return false;
    if (r->state == INVENTORY_FAILED || r->state == INVENTORY_UNSHIPPED) {
        r->reason = refusal.reason;
        r->refused_sku = refusal.sku;
    }
    return true;
}

struct stock_change inventory_stock_change(enum inventory_state from, enum inventory_state to)
{
    return (struct stock_change){
        .reserved = (to == INVENTORY_RESERVED) - (from == INVENTORY_RESERVED),
        .dispatched = (to == INVENTORY_DISPATCHED) - (from == INVENTORY_DISPATCHED),
    };
}

int inventory_repeated_line(const struct reservation *r)
{
    for (size_t i = 1; i < r->nlines; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->lines[i].sku, r->lines[k].sku) == 0)
                return (int)i;
    return -1;
}

void inventory_tracking_number(const char *shipment_id, char out[INVENTORY_TRACKING_LEN + 1])
{
    const size_t tail = INVENTORY_TRACKING_LEN - 2, len = strlen(shipment_id);

    snprintf(out, INVENTORY_TRACKING_LEN + 1, "WB%s", shipment_id + (len > tail ? len - tail : 0));
    for (char *c = out; *c; c++)
        *c = (char)toupper((unsigned char)*c);
}
