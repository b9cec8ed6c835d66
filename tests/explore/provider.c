/* provider.c - calls to the payment provider, and what can go wrong with them. */
#include "provider.h"

#include <stddef.h>

/* What payment's provider.c makes of each answer. */
static const struct {
    const char *name;
    struct payment_outcome outcome;
} answers[] = {
    [NOT_CALLED] = {"nothing",   {0}                                                             },
    [CHARGED] = {"captured",  {.known = true, .event = PAYMENT_CHARGED}                       },
    [DECLINED] = {"declined",  {.known = true, .event = PAYMENT_DECLINED, .reason = "declined"}},
    [REFUSED] = {"refused",   {.known = true, .event = PAYMENT_EXHAUSTED, .reason = "refused"}},
    [RETURNED] = {"returned",  {.known = true, .event = PAYMENT_RETURNED, .refunded = TOTAL}   },
    [BLOCKED] = {"blocked",   {.known = true, .event = PAYMENT_BLOCKED}                       },
    [UNKNOWN] = {"no answer", {.sent = true, .reason = "unavailable"}                         },
    [NOT_SENT] = {"not sent",  {.sent = false, .reason = "unavailable"}                        },
};

const char *answer_name(enum answer a)
{
    return answers[a].name;
}

struct payment_outcome answer_outcome(enum answer a)
{
    return answers[a].outcome;
}

/* --- the provider --------------------------------------------------------------------- */

static enum answer provider_charges(const struct scenario *sc, struct saga *s, bool declines)
{
    const bool new_key = sc->bug == BUG_IDEMPOTENCY_KEY;

    if (s->charge == CHARGE_OPEN || (new_key && s->captured < 3)) {
        s->charge = declines ? CHARGE_DECLINED : CHARGE_CAPTURED;
        s->captured = (uint8_t)(s->captured + !declines);
    }
    return s->charge == CHARGE_CAPTURED ? CHARGED : DECLINED;
}

static enum answer provider_cancels(struct saga *s)
{
    if (s->charge == CHARGE_CAPTURED)
        s->returned++;
    s->charge = CHARGE_CANCELLED;
    return s->returned ? RETURNED : BLOCKED;
}

/* --- workers -------------------------------------------------------------------------- */

/* The lease of the one who has it in hand may have run out. */
bool worker_takes(const struct scenario *sc, struct saga *s)
{
    if (!payment_is_due((enum payment_state)s->payment))
        return false;
    for (int i = 0; i < sc->workers; i++) {
        if (s->workers[i].asked == PAYMENT_NONE) {
            s->workers[i].asked = s->payment;
            return true;
        }
    }
    return false;
}

/* Does this fate make a difference to such a call? */
static bool applies(const struct scenario *sc, const struct saga *s, bool charges, enum fate f)
{
    switch (f) {
    case FATE_ACCEPTED:
    case FATE_NOT_SENT:
    case FATE_LOST:
    case FATE_UNHEARD: return true;
    case FATE_LATE: return sc->late_calls;
    default: return charges && s->charge == CHARGE_OPEN;
    }
}

bool worker_calls(const struct scenario *sc, struct saga *s, int worker, enum fate f)
{
    struct worker *w = &s->workers[worker];
    const bool charges = w->asked == PAYMENT_CHARGING;
    const bool declines = f == FATE_DECLINED || f == FATE_UNHEARD_NO;
    enum answer answer = UNKNOWN;

    if (w->asked == PAYMENT_NONE || w->answer != NOT_CALLED || !applies(sc, s, charges, f))
        return false;
    if (f == FATE_REFUSED)
        answer = REFUSED;
    else if (f == FATE_NOT_SENT)
        answer = NOT_SENT;
    else if (f == FATE_LATE)
        s->late |= charges ? LATE_CHARGE : LATE_CANCEL;
    else if (f != FATE_LOST)
        answer = charges ? provider_charges(sc, s, declines) : provider_cancels(s);
    if (f == FATE_UNHEARD || f == FATE_UNHEARD_NO)
        answer = UNKNOWN;
    w->answer = (uint8_t)answer;
    return true;
}

bool worker_finishes(const struct scenario *sc, struct saga *s, int worker)
{
    const struct worker w = s->workers[worker];
    struct payment_outcome outcome = answer_outcome((enum answer)w.answer);
    struct payment p = {
        .state = (enum payment_state)s->payment,
        .attempts = s->attempts,
        .refunded = s->refunded,
        .amount = TOTAL,
        .reason = "",
    };

    if (w.answer == NOT_CALLED)
        return false;
    if (sc->bug == BUG_SILENCE_IS_NO && !outcome.known)
        outcome = answer_outcome(DECLINED);
    payment_settle(&p, (enum payment_state)w.asked, &outcome, sc->max_attempts);
    if (p.state != s->payment)
        bag_send(sc, &s->bag, payment_announcement(p.state));
    s->payment = (uint8_t)p.state;
    s->refunded = (uint8_t)p.refunded;
    /* Nothing asks how many more there were, so they need no states of their own. */
    s->attempts = (uint8_t)(p.attempts < sc->max_attempts ? p.attempts : sc->max_attempts);
    s->workers[worker] = (struct worker){0};
    return true;
}

bool worker_crashes(struct saga *s, int worker)
{
    const bool busy = s->workers[worker].asked != PAYMENT_NONE;

    s->workers[worker] = (struct worker){0};
    return busy;
}

bool late_arrives(const struct scenario *sc, struct saga *s, int late, enum fate f, bool follows)
{
    if (!(s->late & late) || !applies(sc, s, late == LATE_CHARGE, f))
        return false;
    if (!follows)
        s->late = (uint8_t)(s->late & ~late);
    if (f == FATE_LOST)
        return true;
    if (late == LATE_CHARGE)
        provider_charges(sc, s, f == FATE_DECLINED);
    else
        provider_cancels(s);
    return true;
}
