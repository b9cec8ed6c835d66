/* usecases.h - everything that the inventory service can be asked to do.
 *
 * Each runs inside a unit of work that the shell opens, and commits when it returns
 * OK. What an order asks for is always answered: by the event that announces the
 * state it is in now, whether that has just changed or not. */
#ifndef INVENTORY_USECASES_H
#define INVENTORY_USECASES_H

#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "inventory.h"
#include "store.h"

/* Add a product with p->initial pieces; fills in the rest. ERR_CONFLICT: its sku exists. */
struct err product_create(struct ctx *ctx, struct product *p) MUST_CHECK;

/* ERR_INVALID: nothing is to change; ERR_NOT_FOUND. */
struct err product_change(struct ctx *ctx, const char *sku, const struct product_change *c,
                          struct product *out) MUST_CHECK;

/* ERR_NOT_FOUND; ERR_CONFLICT: there would be too many. */
struct err product_restock(struct ctx *ctx, const char *sku, int64_t quantity,
                           struct product *out) MUST_CHECK;

/* Put the sample catalogue into an empty shop; does nothing in any other. */
struct err catalogue_load(struct ctx *ctx) MUST_CHECK;

/* order.created: set every line aside, or none. 'r' is a new one with what the order
 * says of itself. ERR_INVALID: a sku repeats. */
struct err inventory_reserve(struct ctx *ctx, struct reservation *r) MUST_CHECK;

/* order.cancelling: give back what is set aside and refuse what comes later, unless
 * it has been dispatched. */
struct err inventory_release(struct ctx *ctx, const char *order_id) MUST_CHECK;

/* order.confirmed: hand over what is set aside to the carrier. */
struct err inventory_ship(struct ctx *ctx, const char *order_id) MUST_CHECK;

#endif
