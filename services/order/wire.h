/* wire.h - orders as JSON: what answers and events say of them. */
#ifndef ORDER_WIRE_H
#define ORDER_WIRE_H

#include <stddef.h>

#include "ctx.h"
#include "json_out.h"
#include "order.h"
#include "store.h"

/* One order as the API shows it, as a member 'key' or (NULL) an array's item. */
void wire_order(struct json_out *j, const char *key, const struct order *o);
void wire_entry(struct json_out *j, const struct order_entry *e);

/* The data of the event that announces the order's present status. */
const char *wire_announcement(struct ctx *ctx, const struct order *o);

#endif
