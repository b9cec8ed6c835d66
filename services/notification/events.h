/* events.h - events in, use-cases out. */
#ifndef NOTIFICATION_EVENTS_H
#define NOTIFICATION_EVENTS_H

#include <stddef.h>

#include "event.h"

/* Of the Redis Stream "order-events". */
extern const struct subscription events_subscriptions[];
extern const size_t events_nsubscriptions;

#endif
