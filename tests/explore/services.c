/* services.c - the use-cases of order, inventory, payment and notification, on a world. */
#include "services.h"

#include <stddef.h>

#include "services/inventory/inventory.h"
#include "services/notification/notification.h"
#include "services/payment/payment.h"

/* --- order ---------------------------------------------------------------------------- */

static bool order_moves(const struct scenario *sc, struct saga *s, enum order_event e)
{
    struct order o = {.status = (enum order_status)s->status, .version = s->version, .reason = ""};

    if (!order_apply(&o, e, ""))
        return false;
    if (sc->bug == BUG_NO_PIVOT && e == ORDER_EXPIRED)
        o.status = ORDER_CANCELLED;
    s->status = (uint8_t)o.status;
    s->version = (uint8_t)o.version;
    bag_send(sc, &s->bag, order_announcement(o.status));
    return true;
}

static void order_hears(const struct scenario *sc, struct saga *s, enum order_event e)
{
    if (order_settles(e))
        s->settled = true;
    order_moves(sc, s, e);
}

bool order_cancels(const struct scenario *sc, struct saga *s)
{
    return order_moves(sc, s, ORDER_CANCEL_ASKED);
}

/* What store_lock_expired() finds. */
static bool answer_is_due(const struct saga *s)
{
    return s->status == ORDER_CANCELLED ? !s->settled : s->status != ORDER_SHIPPED;
}

/* With inboxes each question has an id of its own, and there could be any number of them:
 * it is enough to ask when nothing is on its way. */
bool order_expires(const struct scenario *sc, struct saga *s)
{
    if (!answer_is_due(s))
        return false;
    if (order_moves(sc, s, ORDER_EXPIRED))
        return true;
    if (!sc->losses || sc->bug == BUG_ASK_ONCE || (sc->inbox && s->bag.waiting))
        return false;
    bag_repeat(sc, &s->bag, order_announcement((enum order_status)s->status));
    return true;
}

/* --- inventory ------------------------------------------------------------------------ */

static const struct refusal nothing = {NULL, ""};

static void move_stock(struct world *w, enum inventory_state from, enum inventory_state to)
{
    const struct stock_change change = inventory_stock_change(from, to);

    w->reserved = (int8_t)(w->reserved + PIECES * change.reserved);
    w->dispatched = (int8_t)(w->dispatched + PIECES * change.dispatched);
    w->on_hand = (int8_t)(w->on_hand - PIECES * change.dispatched);
}

static void settle(const struct scenario *sc, struct world *w, struct saga *s,
                   struct reservation *r, enum inventory_event e, struct refusal refusal)
{
    const enum inventory_state from = r->state;
    const bool forgets = sc->bug == BUG_INVENTORY_TOMBSTONE && from == INVENTORY_NONE;

    if (inventory_apply(r, e, refusal) && !(forgets && r->state == INVENTORY_RELEASED)) {
        move_stock(w, from, r->state);
        s->reservation = (uint8_t)r->state;
    }
    bag_send(sc, &s->bag, inventory_announcement(r->state));
}

static void reserve(const struct scenario *sc, struct world *w, struct saga *s,
                    struct reservation *r)
{
    if (r->state != INVENTORY_NONE)
        settle(sc, w, s, r, INVENTORY_RESERVE, nothing);
    else if (sc->bug == BUG_CHECK_THEN_ACT)
        s->peeked = inventory_check_stock(r).reason ? 2 : 1;
    else
        settle(sc, w, s, r, INVENTORY_RESERVE, inventory_check_stock(r));
}

static void ship(const struct scenario *sc, struct world *w, struct saga *s, struct reservation *r)
{
    if (sc->bug == BUG_SHIP_UNCHECKED)
        r->state = INVENTORY_RESERVED;
    settle(sc, w, s, r, INVENTORY_SHIP, inventory_check_shipping(r));
}

/* The one product, the one line of the order, and its row. */
struct desk {
    struct product product;
    struct reservation_line line;
    struct reservation r;
};

static void open_desk(const struct world *w, const struct saga *s, bool refused, struct desk *d)
{
    d->product = (struct product){
        .sku = "ITEM",
        .currency = "EUR",
        .shippable = !refused,
        .on_hand = w->on_hand,
        .reserved = w->reserved,
        .dispatched = w->dispatched,
    };
    d->line = (struct reservation_line){"ITEM", PIECES, &d->product};
    d->r = reservation_new("order");
    d->r.state = (enum inventory_state)s->reservation;
    d->r.currency = "EUR";
    d->r.lines = &d->line;
    d->r.nlines = 1;
}

static void inventory_hears(const struct scenario *sc, struct world *w, struct saga *s,
                            enum inventory_event e, bool refused)
{
    struct desk d;

    open_desk(w, s, refused, &d);
    switch (e) {
    case INVENTORY_RESERVE: reserve(sc, w, s, &d.r); break;
    case INVENTORY_RELEASE: settle(sc, w, s, &d.r, INVENTORY_RELEASE, nothing); break;
    case INVENTORY_SHIP: ship(sc, w, s, &d.r); break;
    }
}

bool inventory_acts(const struct scenario *sc, struct world *w, struct saga *s)
{
    struct desk d;

    if (!s->peeked)
        return false;
    open_desk(w, s, false, &d);
    settle(sc, w, s, &d.r, INVENTORY_RESERVE,
           s->peeked == 2 ? (struct refusal){"out of stock", "ITEM"} : nothing);
    s->peeked = 0;
    return true;
}

/* --- payment -------------------------------------------------------------------------- */

static bool payment_forgets(const struct scenario *sc, const struct saga *s, enum payment_event e)
{
    if (e != PAYMENT_CANCELLED)
        return false;
    return (sc->bug == BUG_PAYMENT_TOMBSTONE && s->payment == PAYMENT_NONE) ||
           (sc->bug == BUG_REFUND && s->payment == PAYMENT_CAPTURED);
}

static void payment_hears(const struct scenario *sc, struct saga *s, enum payment_event e)
{
    struct payment p = {
        .state = (enum payment_state)s->payment,
        .attempts = s->attempts,
        .refunded = s->refunded,
        .amount = TOTAL,
        .reason = "",
    };

    if (payment_apply(&p, e, "") && !payment_forgets(sc, s, e)) {
        s->payment = (uint8_t)p.state;
        s->attempts = (uint8_t)p.attempts;
    }
    if (p.state != PAYMENT_VOID || sc->bug != BUG_SILENT_VOID)
        bag_send(sc, &s->bag, payment_announcement(p.state));
}

/* --- notification --------------------------------------------------------------------- */

static bool there_is_a_text(const char *kind)
{
    const struct notification_facts facts = {
        .kind = kind,
        .order_id = "order",
        .currency = "EUR",
        .total = TOTAL,
        .reason = "",
        .tracking_number = "",
    };
    char subject[NOTIFICATION_MAX_SUBJECT + 1], body[NOTIFICATION_MAX_BODY + 1];

    return notification_write(&facts, subject, body);
}

/* One row for each event: its table is unique on that, inbox or not. */
static void notification_hears(const struct scenario *sc, struct saga *s, const struct route *r)
{
    uint8_t *rows = &s->told[r->meaning];

    if (!there_is_a_text(r->type) || (*rows && sc->bug != BUG_INBOX))
        return;
    if (*rows < 2)
        ++*rows;
}

void service_hear(const struct scenario *sc, struct world *w, struct saga *s, const struct route *r,
                  bool refused)
{
    switch (r->to) {
    case ORDER: order_hears(sc, s, (enum order_event)r->meaning); break;
    case INVENTORY: inventory_hears(sc, w, s, (enum inventory_event)r->meaning, refused); break;
    case PAYMENT: payment_hears(sc, s, (enum payment_event)r->meaning); break;
    case NOTIFICATION: notification_hears(sc, s, r); break;
    default: break;
    }
}
