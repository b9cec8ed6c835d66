/* wire.h - products and reservations as JSON: what answers and events say of them. */
#ifndef INVENTORY_WIRE_H
#define INVENTORY_WIRE_H

#include "ctx.h"
#include "inventory.h"
#include "json_out.h"

/* What everybody may know of a product, as a member 'key' or (NULL) an array's item. */
void wire_product(struct json_out *j, const char *key, const struct product *p);

/* The books of a product, for admins. */
void wire_stock(struct json_out *j, const char *key, const struct product *p);

/* The data of the event that announces the reservation's present state. */
const char *wire_announcement(struct ctx *ctx, const struct reservation *r);

#endif
