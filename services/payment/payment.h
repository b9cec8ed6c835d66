/* payment.h - what a payment is and what may happen to it. Pure: no I/O, no clock. */
#ifndef PAYMENT_PAYMENT_H
#define PAYMENT_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PAYMENT_MAX_METHOD = 64,
    PAYMENT_MAX_REASON = 500,
};

/* Minor units; a million of these still fit an int64_t. */
#define PAYMENT_MAX_AMOUNT INT64_C(9000000000000)

enum payment_state {
    PAYMENT_NONE,      /* not heard of yet; never stored */
    PAYMENT_CHARGING,  /* the provider is to be asked for the money */
    PAYMENT_GIVING_UP, /* it did not answer: have it undo what it may have done */
    PAYMENT_REFUNDING, /* the order is cancelled: likewise */
    PAYMENT_CAPTURED,  /* we have the money */
    PAYMENT_FAILED,    /* the end: declined, or given up; nothing is kept */
    PAYMENT_REFUNDED,  /* the end: captured and given back */
    PAYMENT_VOID,      /* the end: cancelled before anything was captured */
};

/* What can happen to a payment, whoever says it. */
enum payment_event {
    PAYMENT_RESERVED,  /* inventory.reserved: charge the customer */
    PAYMENT_CANCELLED, /* order.cancelled: owe the customer nothing */
    PAYMENT_CHARGED,   /* the provider has captured the money */
    PAYMENT_DECLINED,  /* the provider will not */
    PAYMENT_EXHAUSTED, /* asked often enough without a clear answer */
    PAYMENT_RETURNED,  /* undone: the provider had captured, and has refunded */
    PAYMENT_BLOCKED,   /* undone: the provider never captured, and never will */
};

enum { PAYMENT_STATES = PAYMENT_VOID + 1, PAYMENT_EVENTS = PAYMENT_BLOCKED + 1 };

struct payment {
    const char *id; /* also the idempotency key at the provider */
    const char *order_id, *user_id;
    int64_t amount, refunded; /* minor units */
    const char *currency, *method;
    enum payment_state state;
    const char *reason;                  /* why it failed or was cancelled, or "" */
    int64_t attempts;                    /* calls in this state without a clear answer */
    const char *created_at, *updated_at; /* RFC 3339 */
    /* Who asked for this state: the provider is called, and the result announced, on
     * behalf of that event. */
    const char *traceparent, *correlation_id, *causation_id;
};

/* What came of asking the provider. */
struct payment_outcome {
    bool known;               /* false: it may or may not have done what was asked */
    bool sent;                /* of an unknown one: false when the call was not even made */
    enum payment_event event; /* of a known one */
    const char *reason;       /* of a failure, else NULL */
    int64_t refunded;         /* of PAYMENT_RETURNED */
};

const char *payment_state_name(enum payment_state s);
bool payment_state_parse(const char *name, enum payment_state *out);

/* The event that announces this state ("payment.processed"), or NULL: nothing to say yet. */
const char *payment_announcement(enum payment_state s);

/* Is it our turn to call the provider? */
bool payment_is_due(enum payment_state s);

/* The whole life cycle: the state after 'e'. Any event is allowed in any state, for
 * duplicates and late arrivals are normal; most change nothing. */
enum payment_state payment_next(enum payment_state from, enum payment_event e);

/* Move 'p' by 'e'; false when its state stays as it is. 'reason' (NULL: none) is kept
 * when the state changes. */
bool payment_apply(struct payment *p, enum payment_event e, const char *reason);

/* What came of a call that was made when 'p' was in the state 'asked_in'; it may have
 * moved since. A charge whose outcome stays unknown 'max_attempts' times is given up;
 * undoing is repeated for ever. Returns how long to wait before the next call, in ms. */
int64_t payment_settle(struct payment *p, enum payment_state asked_in,
                       const struct payment_outcome *o, int64_t max_attempts);

/* Exponential: half a second after the first failure, at most a minute. */
int64_t payment_backoff_ms(int64_t attempts);

#endif
