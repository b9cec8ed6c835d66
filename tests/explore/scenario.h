/* scenario.h - what a search looks at: how many orders, which faults, and perhaps a planted bug. */
#ifndef EXPLORE_SCENARIO_H
#define EXPLORE_SCENARIO_H

#include <stdbool.h>

enum {
    MAX_ORDERS = 3,
    MAX_WORKERS = 2,
    PIECES = 1, /* what each order wants of the one product */
    TOTAL = 1,  /* what it costs */
};

/* Mistakes that the glue of the model (never the code that ships) makes on purpose. */
enum bug {
    BUG_NONE,
    BUG_INVENTORY_TOMBSTONE, /* a release of nothing leaves no row */
    BUG_PAYMENT_TOMBSTONE,   /* a cancellation of nothing leaves no row */
    BUG_INBOX,               /* notification does not look whether it knows the event */
    BUG_REFUND,              /* a cancellation does not undo a captured charge */
    BUG_IDEMPOTENCY_KEY,     /* each call is a charge of its own */
    BUG_CHECK_THEN_ACT,      /* stock is looked at in one transaction, taken in the next */
    BUG_SHIP_UNCHECKED,      /* ships without a look at the reservation */
    BUG_DUAL_WRITE,          /* publishes after the commit, not through the outbox */
    BUG_EARLY_ACK,           /* acknowledges before the commit */
    BUG_SILENCE_IS_NO,       /* a lost answer is taken for a refusal */
    BUG_NO_PIVOT,            /* the deadline cancels without asking inventory */
    BUG_ASK_ONCE,            /* a question without an answer is not repeated */
    BUG_SILENT_VOID,         /* payment says nothing of what it never charged */
};

struct scenario {
    const char *name;
    int orders;       /* all alike */
    int stock;        /* pieces on hand when it begins */
    int workers;      /* calls to the provider under way at once, for one order */
    int max_attempts; /* to charge */
    /* Is each event handled once, as ships? Without, it is handled again as often as
     * it is delivered, which shows what the domains are worth by themselves. */
    bool inbox;
    int copies;      /* with inboxes: how many duplicates may be about at a time */
    bool losses;     /* a queue may be lost with all it holds; then the deadline must pass */
    bool late_calls; /* a call that timed out may still reach the provider, later */
    enum bug bug;
};

/* How many orders ship where all goes well: every step there is may succeed. In which no
 * more do, a search has not seen what it is about. */
static inline int scenario_most_shipped(const struct scenario *sc)
{
    return sc->orders < sc->stock / PIECES ? sc->orders : sc->stock / PIECES;
}

#endif
