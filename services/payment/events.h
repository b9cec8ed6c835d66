/* events.h - events in, use-cases out. */
#ifndef PAYMENT_EVENTS_H
#define PAYMENT_EVENTS_H

#include <stddef.h>

#include "event.h"

extern const struct subscription events_subscriptions[];
extern const size_t events_nsubscriptions;

#endif
