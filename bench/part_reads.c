/* part_reads.c - an order and the products, straight from their services and through the gateway.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "figures.h"
#include "most.h"
#include "parts.h"
#include "settings.h"
#include "shop.h"
#include "world.h"

enum { CUSTOMERS = 100 };

/* One token a customer, as if all had signed in a while ago. */
static const char *token_of(const char *user_id)
{
    static struct {
        const char *user_id, *token;
    } known[CUSTOMERS];
    size_t i = 0;

    while (i < CUSTOMERS && known[i].user_id && strcmp(known[i].user_id, user_id) != 0)
        i++;
    if (i == CUSTOMERS)
        die("more than %d customers", CUSTOMERS);
    if (!known[i].user_id) {
        known[i].user_id = text("%s", user_id);
        known[i].token = shop_token(user_id);
    }
    return known[i].token;
}

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
                                 token_of(PQgetvalue(res, (int)i, 1)));
    PQclear(res);
    if (list.n == 0)
        die("there are no orders to read");
    return list;
}

static struct load load_of(const char *url, struct most_list *list)
{
    return (struct load){
        .port = port_of(url),
        .connections = MOST_CONNECTIONS,
        .warm_s = bench_warm(),
        .seconds = bench_seconds() / 3,
        .request = most_next,
        .arg = list,
    };
}

static void measure(const char *name, const char *url, struct most_list *list)
{
    const struct load l = load_of(url, list);

    most_measure(&l, name, "reads/s", NULL);
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

/* --- what a public load tool is asked to repeat ----------------------------------- */

static const struct target {
    const char *name, *url;
    bool order; /* else the products */
} targets[] = {
    {"order.direct",     "ORDER_URL",     true },
    {"order.gateway",    "GATEWAY_URL",   true },
    {"products.direct",  "INVENTORY_URL", false},
    {"products.gateway", "GATEWAY_URL",   false},
};
enum { TARGETS = sizeof(targets) / sizeof(targets[0]) };

/* Always the same order, the last one that was placed. */
static const char *path_of(const struct target *t, const char **token)
{
    PGresult *res = ask("order", "SELECT id, user_id FROM orders ORDER BY id DESC LIMIT 1", NULL);
    const char *path = "/api/v1/products";

    if (PQntuples(res) == 0)
        die("there are no orders to read");
    *token = shop_token(PQgetvalue(res, 0, 1));
    if (t->order)
        path = text("/api/v1/orders/%s", PQgetvalue(res, 0, 0));
    PQclear(res);
    return path;
}

/* Name, URL and token of each, a line for bench/check.sh. */
void part_targets(void)
{
    for (size_t i = 0; i < TARGETS; i++) {
        const char *token, *path = path_of(&targets[i], &token);

        printf("%s %s%s %s\n", targets[i].name, world_env(targets[i].url), path, token);
    }
}

void part_check(void)
{
    for (size_t i = 0; i < TARGETS; i++) {
        const char *token, *path = path_of(&targets[i], &token), *get = most_get(path, token);
        struct most_list list = {.texts = &get, .n = 1};
        const struct load l = load_of(targets[i].url, &list);

        for (size_t run = 0; run < bench_runs(); run++)
            most_fast(&l, "generator.check.ours", targets[i].name);
    }
    figures_tell();
}
