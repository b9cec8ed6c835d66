/* provider.h - the payment provider as a state machine, and payment's workers who call it.
 *
 * A worker's job has three steps with a crash possible between any two: take a payment
 * that is due, call, note what came of it. The provider keeps its word (ADR 10): what it
 * decided about a key stays decided, and to cancel a key refunds what it captured, or
 * sees to it that it never captures. What it does not promise is that its answer, or the
 * request, arrives. */
#ifndef EXPLORE_PROVIDER_H
#define EXPLORE_PROVIDER_H

#include <stdbool.h>

#include "services/payment/payment.h"
#include "world.h"

/* What becomes of a call. */
enum fate {
    FATE_ACCEPTED, /* a charge captures, a cancellation cancels; the answer arrives */
    FATE_DECLINED, /* a charge is declined */
    FATE_REFUSED,  /* a charge makes no sense to it; nothing is decided */
    /* Faults: */
    FATE_NOT_SENT,   /* the circuit breaker is open */
    FATE_LOST,       /* the request was lost */
    FATE_UNHEARD,    /* as FATE_ACCEPTED, but the answer was lost */
    FATE_UNHEARD_NO, /* as FATE_DECLINED, likewise */
    FATE_LATE,       /* no answer in time; the request is still on its way */
};
enum { FATES = FATE_LATE + 1, FATES_WELL = FATE_NOT_SENT };

/* Each of these is false, and changes nothing, where it cannot happen. */
bool worker_takes(const struct scenario *sc, struct saga *s);
bool worker_calls(const struct scenario *sc, struct saga *s, int worker, enum fate f);
bool worker_finishes(const struct scenario *sc, struct saga *s, int worker);
bool worker_crashes(struct saga *s, int worker);

/* A late request reaches the provider (and another like it may still follow). */
bool late_arrives(const struct scenario *sc, struct saga *s, int late, enum fate f, bool follows);

const char *answer_name(enum answer a);
struct payment_outcome answer_outcome(enum answer a); /* what a worker makes of it */

#endif
