/* store.h - products and reservations in PostgreSQL. store.c is the only file of this
 * service with SQL.
 *
 * Strings of what is loaded live in the unit's arena. */
#ifndef INVENTORY_STORE_H
#define INVENTORY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"
#include "inventory.h"

/* ERR_NOT_FOUND: there is none. */
struct err store_find_product(struct ctx *ctx, const char *sku, struct product *out) MUST_CHECK;

/* Those of 'skus' that there are, by sku. */
struct err store_find_products(struct ctx *ctx, const char *const skus[], size_t nskus,
                               struct product **out, size_t *n) MUST_CHECK;

/* All products by sku, after the sku 'after' (NULL: from the first). */
struct err store_list_products(struct ctx *ctx, const char *after, int64_t limit,
                               struct product **out, size_t *n) MUST_CHECK;

/* A new product with 'initial' pieces; fills in the rest. ERR_CONFLICT: its sku exists. */
struct err store_insert_product(struct ctx *ctx, struct product *p) MUST_CHECK;

/* All of 'list' when there is no product at all, else nothing. */
struct err store_insert_catalogue(struct ctx *ctx, const struct product list[],
                                  size_t n) MUST_CHECK;

/* What to change of a product; what is NULL or below 0 stays. */
struct product_change {
    const char *name;
    int64_t price;
    const bool *shippable;
};
struct err store_change_product(struct ctx *ctx, const char *sku, const struct product_change *c,
                                struct product *out) MUST_CHECK;

/* ERR_CONFLICT: there would be more than INVENTORY_MAX_ON_HAND. */
struct err store_restock(struct ctx *ctx, const char *sku, int64_t quantity,
                         struct product *out) MUST_CHECK;

/* What of its subjects a batch of events will ask for, locked by one statement for all
 * (event_ahead): store_lock() finds it there, and a lost race is told by the commit. */
struct err store_fetch_ahead(struct ctx *ctx) MUST_CHECK;

/* What the order has, without its lines; state NONE when there is no row. Nobody else
 * changes the row, if there is one, until the commit. */
struct err store_lock(struct ctx *ctx, const char *order_id, struct reservation *out) MUST_CHECK;

/* Find the products of r->lines, and let nobody else change them until the commit. */
struct err store_lock_wanted(struct ctx *ctx, struct reservation *r) MUST_CHECK;

/* The same for what 'r' has reserved: fills r->lines. */
struct err store_lock_reserved(struct ctx *ctx, struct reservation *r) MUST_CHECK;

/* Write what has become of 'r', which was in the state 'from', and what that does to
 * the stock: one statement. ERR_UNAVAILABLE: somebody else was faster; try again. */
struct err store_save(struct ctx *ctx, const struct reservation *r,
                      enum inventory_state from) MUST_CHECK;

#endif
