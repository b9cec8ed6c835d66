/* part_reads.c - an order and the products, straight from their services and through the gateway.
 */
#include <stdio.h>
#include <stdlib.h>

#include "ask.h"
#include "figures.h"
#include "most.h"
#include "parts.h"
#include "settings.h"
#include "shop.h"
#include "world.h"

/* Up to ten thousand orders of a hundred customers, all chosen at random, in random order. */
static struct most_list orders_to_read(void)
{
    PGresult *res =
        ask("order",
            "SELECT id, user_id FROM orders WHERE user_id IN (SELECT DISTINCT user_id FROM"
            "  (SELECT user_id FROM orders ORDER BY random() LIMIT 1000) AS o LIMIT 100)"
            " ORDER BY random() LIMIT 10000",
            NULL);
    struct most_list list = {.n = (size_t)PQntuples(res)};

    list.texts = calloc(list.n + 1, sizeof(*list.texts));
    for (size_t i = 0; i < list.n; i++)
        list.texts[i] = most_get(text("/api/v1/orders/%s", PQgetvalue(res, (int)i, 0)),
                                 shop_token(PQgetvalue(res, (int)i, 1)));
    PQclear(res);
    if (list.n == 0)
        die("there are no orders to read");
    return list;
}

static void measure(const char *name, const char *url, struct most_list *list)
{
    most_measure(
        &(struct load){
            .port = port_of(url),
            .connections = MOST_CONNECTIONS,
            .warm_s = bench_warm(),
            .seconds = bench_seconds() / 3,
            .request = most_next,
            .arg = list,
        },
        name, "reads/s", NULL);
}

void part_reads(void)
{
    const char *products = most_get("/api/v1/products", shop_open()->tokens[0]);
    struct most_list orders = orders_to_read(), page = {.texts = &products, .n = 1};

    measure("reads.order.direct", "ORDER_URL", &orders);
    measure("reads.order.gateway", "GATEWAY_URL", &orders);
    measure("reads.products.direct", "INVENTORY_URL", &page);
    measure("reads.products.gateway", "GATEWAY_URL", &page);
    figures_tell();
    free(orders.texts);
}
