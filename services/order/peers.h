/* peers.h - what the order service asks the others by REST before it accepts an order.
 *
 * Each answers ERR_UNAVAILABLE, in words for the customer, when the other service does
 * not answer within its deadline. Nothing here needs, or may hold, a transaction. */
#ifndef ORDER_PEERS_H
#define ORDER_PEERS_H

#include <stddef.h>

#include "ctx.h"
#include "err.h"
#include "order.h"

/* Where they are. Call once, before threads. */
void peers_init(const char *user_url, const char *inventory_url);

/* ERR_FORBIDDEN: the user service does not know this user (any more). */
struct err peers_check_user(struct ctx *ctx, const char *user_id) MUST_CHECK;

/* Fill the price of each line and the currency, both inventory's. ERR_UNPROCESSABLE
 * names the line of an unknown sku, or of one in another currency. */
struct err peers_price(struct ctx *ctx, struct order *o) MUST_CHECK;

#endif
