/* peers.c - the REST look-ups of the order service. */
#include "peers.h"

#include <string.h>

#include "arena.h"
#include "http_client.h"
#include "json_in.h"

static struct http_target *users, *inventory;

static struct http_target *target(const char *name, const char *url)
{
    return http_target_new(&(struct http_target_options){
        .name = name,
        .base_url = url,
        .deadline_ms = 2000,
        .attempt_ms = 800,
        .retries = 2,
        .max_concurrent = 64,
    });
}

void peers_init(const char *user_url, const char *inventory_url)
{
    users = target("user", user_url);
    inventory = target("inventory", inventory_url);
}

static struct err get(struct ctx *ctx, struct http_target *t, const char *path,
                      struct http_reply *reply)
{
    return http_call(ctx, t, &(struct http_call){.method = "GET", .path = path, .repeatable = true},
                     reply);
}

/* An answer that makes no sense is an outage of that service, not the customer's fault. */
static struct err nonsense(struct ctx *ctx, const char *who, int status)
{
    return err_new(ctx->arena, ERR_UNAVAILABLE, "the %s service gave an unexpected answer (%d)",
                   who, status);
}

struct err peers_check_user(struct ctx *ctx, const char *user_id)
{
    struct http_reply reply;
    struct err err;

    err = get(ctx, users, arena_printf(ctx->arena, "/internal/users/%s", user_id), &reply);
    if (err.code)
        return err;
    switch (reply.status) {
    case 200: return OK;
    case 404: return err_new(ctx->arena, ERR_FORBIDDEN, "this account does not exist any more");
    default: return nonsense(ctx, "user", reply.status);
    }
}

struct price {
    const char *sku, *currency;
    int64_t amount;
};

static struct err fetch_prices(struct ctx *ctx, const struct order *o, struct price **out,
                               size_t *n)
{
    const char *path = "/internal/products?skus=";
    struct http_reply reply;
    struct json_in in, *item;
    struct err err;

    for (size_t i = 0; i < o->nlines; i++) /* skus are URL-safe: api.c has seen to it */
        path = arena_printf(ctx->arena, "%s%s%s", path, i ? "," : "", o->lines[i].sku);
    err = get(ctx, inventory, path, &reply);
    if (err.code)
        return err;
    if (reply.status != 200)
        return nonsense(ctx, "inventory", reply.status);

    in = json_in_parse(ctx->arena, reply.body, reply.body_len);
    *n = json_in_list(&in, "items", 0, ORDER_MAX_LINES, &item);
    *out = arena_array(ctx->arena, struct price, *n);
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = (struct price){
            .sku = json_in_str(&item[i], "sku", 1, ORDER_MAX_SKU),
            .currency = json_in_str(&item[i], "currency", 3, 3),
            .amount = json_in_int(&item[i], "price", 0, ORDER_MAX_PRICE),
        };
    err = json_in_done(&in);
    return err.code ? nonsense(ctx, "inventory", reply.status) : OK;
}

static const struct price *find_price(const struct price prices[], size_t n, const char *sku)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(prices[i].sku, sku) == 0)
            return &prices[i];
    return NULL;
}

struct err peers_price(struct ctx *ctx, struct order *o)
{
    struct price *prices = NULL;
    struct err err;
    size_t n = 0;

    err = fetch_prices(ctx, o, &prices, &n);
    if (err.code)
        return err;
    for (size_t i = 0; i < o->nlines; i++) {
        struct order_line *l = &o->lines[i];
        const struct price *p = find_price(prices, n, l->sku);

        if (!p)
            return err_new(ctx->arena, ERR_UNPROCESSABLE, "lines[%zu].sku: there is no product %s",
                           i, l->sku);
        if (i == 0)
            o->currency = p->currency;
        if (strcmp(o->currency, p->currency) != 0)
            return err_new(ctx->arena, ERR_UNPROCESSABLE,
                           "lines[%zu].sku: %s is sold in %s, the lines before it in %s", i, l->sku,
                           p->currency, o->currency);
        l->unit_price = p->amount;
    }
    return OK;
}
