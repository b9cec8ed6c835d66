/* wire.h - notifications as JSON. */
#ifndef NOTIFICATION_WIRE_H
#define NOTIFICATION_WIRE_H

#include "json_out.h"
#include "notification.h"
#include "store.h"

/* One notification as the API shows it, as a member 'key' or (NULL) an array's item. */
void wire_notification(struct json_out *j, const char *key, const struct notification *n);
void wire_totals(struct json_out *j, const struct notification_totals *t);

#endif
