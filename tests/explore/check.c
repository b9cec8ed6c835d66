/* check.c - the invariants of the design, as tables. */
#include "check.h"

#include <stddef.h>

#include "services/inventory/inventory.h"
#include "services/payment/payment.h"

/* --- of the stock --------------------------------------------------------------------- */

static int rows_in(const struct scenario *sc, const struct world *w, enum inventory_state state)
{
    int n = 0;

    for (int i = 0; i < sc->orders; i++)
        n += w->sagas[i].reservation == state;
    return n;
}

static bool available_is_never_negative(const struct scenario *sc, const struct world *w)
{
    (void)sc;
    return w->reserved >= 0 && w->on_hand - w->reserved >= 0;
}

static bool stock_is_what_the_rows_say(const struct scenario *sc, const struct world *w)
{
    return w->reserved == PIECES * rows_in(sc, w, INVENTORY_RESERVED) &&
           w->dispatched == PIECES * rows_in(sc, w, INVENTORY_DISPATCHED) &&
           w->on_hand == sc->stock - w->dispatched;
}

static bool nothing_stays_reserved(const struct scenario *sc, const struct world *w)
{
    (void)sc;
    return w->reserved == 0;
}

/* --- of each order -------------------------------------------------------------------- */

static int kept(const struct saga *s)
{
    return s->captured - s->returned;
}

static bool no_order_is_charged_twice(const struct saga *s)
{
    return s->captured <= 1;
}

static bool only_what_was_captured_is_refunded(const struct saga *s)
{
    return s->returned <= s->captured;
}

static bool only_reserved_goods_are_charged(const struct saga *s)
{
    return s->captured == 0 ||
           (s->reservation != INVENTORY_NONE && s->reservation != INVENTORY_FAILED);
}

static bool only_paid_goods_leave(const struct saga *s)
{
    return s->reservation != INVENTORY_DISPATCHED || kept(s) == 1;
}

static bool our_books_are_the_providers(const struct saga *s)
{
    switch ((enum payment_state)s->payment) {
    case PAYMENT_CAPTURED: return s->captured == 1 && s->returned == 0;
    case PAYMENT_REFUNDED: return s->refunded == TOTAL && s->returned == 1 && kept(s) == 0;
    case PAYMENT_NONE:
    case PAYMENT_FAILED:
    case PAYMENT_VOID: return kept(s) == 0;
    default: return true; /* it is being found out */
    }
}

/* Nobody asks about it again, so it must be true and stay so. */
static bool a_settled_order_keeps_nothing(const struct saga *s)
{
    return !s->settled || kept(s) == 0;
}

static bool no_event_is_told_twice(const struct saga *s)
{
    for (int i = 0; i < ORDER_STATUSES; i++)
        if (s->told[i] > 1)
            return false;
    return true;
}

static bool every_order_is_over(const struct saga *s)
{
    return order_is_over((enum order_status)s->status);
}

static bool every_cancelled_order_is_settled(const struct saga *s)
{
    return s->status != ORDER_CANCELLED || s->settled;
}

static bool what_is_kept_is_what_was_shipped(const struct saga *s)
{
    return kept(s) * TOTAL == (s->status == ORDER_SHIPPED ? TOTAL : 0);
}

static bool what_left_is_what_was_shipped(const struct saga *s)
{
    return (s->reservation == INVENTORY_DISPATCHED) == (s->status == ORDER_SHIPPED);
}

/* Its version counts the events an order announced. */
static bool every_event_is_told(const struct saga *s)
{
    int n = 0;

    for (int i = 0; i < ORDER_STATUSES; i++)
        n += s->told[i];
    return n == s->version;
}

static bool nothing_is_left_over(const struct saga *s)
{
    return !s->bag.waiting && !s->bag.copies && !s->late && !s->peeked &&
           s->workers[0].asked == PAYMENT_NONE && s->workers[1].asked == PAYMENT_NONE &&
           !payment_is_due((enum payment_state)s->payment);
}

/* --- the tables ------------------------------------------------------------------------- */

struct invariant {
    const char *name;
    bool (*of_all)(const struct scenario *sc, const struct world *w);
    bool (*of_each)(const struct saga *s);
};

#define ALL(name)                                                                                  \
    {                                                                                              \
#name, name, NULL                                                                          \
    }
#define EACH(name)                                                                                 \
    {                                                                                              \
#name, NULL, name                                                                          \
    }

static const struct invariant always[] = {
    ALL(available_is_never_negative),      ALL(stock_is_what_the_rows_say),
    EACH(no_order_is_charged_twice),       EACH(only_what_was_captured_is_refunded),
    EACH(only_reserved_goods_are_charged), EACH(only_paid_goods_leave),
    EACH(our_books_are_the_providers),     EACH(a_settled_order_keeps_nothing),
    EACH(no_event_is_told_twice),
};

static const struct invariant quiet[] = {
    EACH(every_order_is_over),
    EACH(what_is_kept_is_what_was_shipped),
    EACH(what_left_is_what_was_shipped),
    ALL(nothing_stays_reserved),
    EACH(every_cancelled_order_is_settled),
    EACH(every_event_is_told),
    EACH(nothing_is_left_over),
};

static bool holds(const struct invariant *inv, const struct scenario *sc, const struct world *w)
{
    if (inv->of_all)
        return inv->of_all(sc, w);
    for (int i = 0; i < sc->orders; i++)
        if (!inv->of_each(&w->sagas[i]))
            return false;
    return true;
}

static const char *first_violated(const struct invariant list[], size_t n,
                                  const struct scenario *sc, const struct world *w)
{
    for (size_t i = 0; i < n; i++)
        if (!holds(&list[i], sc, w))
            return list[i].name;
    return NULL;
}

const char *check_always(const struct scenario *sc, const struct world *w)
{
    return first_violated(always, sizeof(always) / sizeof(always[0]), sc, w);
}

const char *check_quiet(const struct scenario *sc, const struct world *w)
{
    return first_violated(quiet, sizeof(quiet) / sizeof(quiet[0]), sc, w);
}
