/* payment.c - the life cycle of a payment, as a table. */
#include "payment.h"

#include <stddef.h>
#include <string.h>

enum {
    BACKOFF_MS = 500,
    BACKOFF_MAX_MS = 60000,
    NOT_SENT_MS = 100, /* calls were paused meanwhile; jobs.c waits for their return */
};

static const struct {
    const char *name, *announcement;
    bool due;
} states[] = {
    [PAYMENT_NONE] = {"NONE",      NULL,                false},
    [PAYMENT_CHARGING] = {"CHARGING",  NULL,                true },
    [PAYMENT_GIVING_UP] = {"GIVING_UP", NULL,                true },
    [PAYMENT_REFUNDING] = {"REFUNDING", NULL,                true },
    [PAYMENT_CAPTURED] = {"CAPTURED",  "payment.processed", false},
    [PAYMENT_FAILED] = {"FAILED",    "payment.failed",    false},
    [PAYMENT_REFUNDED] = {"REFUNDED",  "payment.refunded",  false},
    [PAYMENT_VOID] = {"VOID",      "payment.failed",    false},
};

const char *payment_state_name(enum payment_state s)
{
    return states[s].name;
}

bool payment_state_parse(const char *name, enum payment_state *out)
{
    for (int i = 0; i < PAYMENT_STATES; i++) {
        if (strcmp(name, states[i].name) == 0) {
            *out = (enum payment_state)i;
            return true;
        }
    }
    return false;
}

const char *payment_announcement(enum payment_state s)
{
    return states[s].announcement;
}

bool payment_is_due(enum payment_state s)
{
    return states[s].due;
}

/* Whatever is not listed changes nothing. VOID refuses a reservation that comes after
 * its cancellation. Both ways out of CHARGING that leave it open whether the provider
 * has the money lead to a state that has it undone, and only the provider's word that
 * it is undone leads on: no money is lost, whatever was lost on the way. */
static const struct {
    enum payment_state from;
    enum payment_event event;
    enum payment_state to;
} transitions[] = {
    {PAYMENT_NONE,      PAYMENT_RESERVED,  PAYMENT_CHARGING },
    {PAYMENT_NONE,      PAYMENT_CANCELLED, PAYMENT_VOID     },
    {PAYMENT_CHARGING,  PAYMENT_CHARGED,   PAYMENT_CAPTURED },
    {PAYMENT_CHARGING,  PAYMENT_DECLINED,  PAYMENT_FAILED   },
    {PAYMENT_CHARGING,  PAYMENT_EXHAUSTED, PAYMENT_GIVING_UP},
    {PAYMENT_CHARGING,  PAYMENT_CANCELLED, PAYMENT_REFUNDING},
    {PAYMENT_GIVING_UP, PAYMENT_RETURNED,  PAYMENT_FAILED   },
    {PAYMENT_GIVING_UP, PAYMENT_BLOCKED,   PAYMENT_FAILED   },
    {PAYMENT_GIVING_UP, PAYMENT_CANCELLED, PAYMENT_REFUNDING},
    {PAYMENT_CAPTURED,  PAYMENT_CANCELLED, PAYMENT_REFUNDING},
    {PAYMENT_REFUNDING, PAYMENT_RETURNED,  PAYMENT_REFUNDED },
    {PAYMENT_REFUNDING, PAYMENT_BLOCKED,   PAYMENT_VOID     },
};

enum payment_state payment_next(enum payment_state from, enum payment_event e)
{
    for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++)
        if (transitions[i].from == from && transitions[i].event == e)
            return transitions[i].to;
    return from;
}

bool payment_apply(struct payment *p, enum payment_event e, const char *reason)
{
    const enum payment_state after = payment_next(p->state, e);

    if (after == p->state)
        return false;
    p->state = after;
    p->attempts = 0;
    if (reason)
        p->reason = reason;
    return true;
}

int64_t payment_settle(struct payment *p, enum payment_state asked_in,
                       const struct payment_outcome *o, int64_t max_attempts)
{
    if (o->known) {
        if (payment_apply(p, o->event, o->reason))
            p->refunded = o->refunded;
        return 0;
    }
    if (p->state != asked_in) /* the failure says nothing about what is to be done now */
        return 0;
    if (!o->sent)
        return NOT_SENT_MS;
    p->attempts++;
    if (p->attempts >= max_attempts && payment_apply(p, PAYMENT_EXHAUSTED, o->reason))
        return 0;
    return payment_backoff_ms(p->attempts);
}

int64_t payment_backoff_ms(int64_t attempts)
{
    int64_t ms = BACKOFF_MS;

    while (attempts-- > 1 && ms < BACKOFF_MAX_MS)
        ms *= 2;
    return ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
}
