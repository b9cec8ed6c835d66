/* events.h - events in, use-cases out. */
#ifndef INVENTORY_EVENTS_H
#define INVENTORY_EVENTS_H

#include <stddef.h>

#include "event.h"

extern const struct subscription events_subscriptions[];
extern const size_t events_nsubscriptions;

#endif
