/* shop.h - who buys what in the bench: customers with tokens, and products.
 *
 * There are many products, for one that everybody wants would be a queue of its own. */
#ifndef BENCH_SHOP_H
#define BENCH_SHOP_H

#include <stddef.h>

enum { SHOP_CUSTOMERS = 20, SHOP_PRODUCTS = 100 };

struct shop {
    const char *tokens[SHOP_CUSTOMERS];
    const char *skus[SHOP_PRODUCTS];
};

/* Those of an earlier call are found again. */
const struct shop *shop_open(void);

/* A token as the user service would sign it. */
const char *shop_token(const char *user_id);

/* POST /api/v1/orders: writes another order, with a key that no other has; its length. */
size_t shop_order(char *text, size_t room);

int port_of(const char *url_name); /* "GATEWAY_URL" */

#endif
