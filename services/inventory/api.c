/* api.c - the HTTP interface of the inventory service. */
#include "api.h"

#include <string.h>

#include "arena.h"
#include "inventory.h"
#include "json_in.h"
#include "json_out.h"
#include "page.h"
#include "store.h"
#include "usecases.h"
#include "wire.h"

static void reply_product(struct ctx *ctx, int status, const struct product *p,
                          struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);

    wire_product(&j, NULL, p);
    res->status = status;
    res->body = json_out_text(&j);
}

static void reply_products(struct ctx *ctx, const struct product list[], size_t n,
                           const struct page *page, struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    const size_t shown = page_open(&j, page, n);

    for (size_t i = 0; i < shown; i++)
        wire_product(&j, NULL, &list[i]);
    page_close(&j, shown < n ? list[shown - 1].sku : NULL);
    res->body = json_out_text(&j);
}

static struct err path_sku(struct ctx *ctx, const struct http_request *req, const char **sku)
{
    *sku = req->param[0];
    if (inventory_sku_valid(*sku))
        return OK;
    return err_new(ctx->arena, ERR_INVALID, "the sku must be 1 to %d of A-Z, 0-9 and -",
                   INVENTORY_MAX_SKU);
}

/* GET /api/v1/products?limit=&cursor= */
static struct err get_products(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    struct product *list;
    struct page page;
    struct err err;
    size_t n;

    err = page_read(ctx, req, inventory_sku_valid, &page);
    if (err.code)
        return err;
    err = store_list_products(ctx, page.after, page.limit + 1, &list, &n);
    if (err.code)
        return err;
    reply_products(ctx, list, n, &page, res);
    return OK;
}

/* GET /api/v1/products/{sku} */
static struct err get_product(struct ctx *ctx, const struct http_request *req,
                              struct http_response *res)
{
    struct product p;
    const char *sku;
    struct err err;

    err = path_sku(ctx, req, &sku);
    if (err.code)
        return err;
    err = store_find_product(ctx, sku, &p);
    if (err.code)
        return err;
    reply_product(ctx, 200, &p, res);
    return OK;
}

/* GET /api/v1/products/{sku}/stock   for admins: the books */
static struct err get_stock(struct ctx *ctx, const struct http_request *req,
                            struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct product p;
    const char *sku;
    struct err err;

    err = path_sku(ctx, req, &sku);
    if (err.code)
        return err;
    err = store_find_product(ctx, sku, &p);
    if (err.code)
        return err;
    wire_stock(&j, NULL, &p);
    res->body = json_out_text(&j);
    return OK;
}

static struct err decode_product(struct ctx *ctx, const struct http_request *req, struct product *p)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);

    *p = (struct product){
        .sku = json_in_str(&in, "sku", 1, INVENTORY_MAX_SKU),
        .name = json_in_str(&in, "name", 1, INVENTORY_MAX_NAME),
        .price = json_in_int(&in, "price", 0, INVENTORY_MAX_PRICE),
        .currency = json_in_str(&in, "currency", 3, 3),
        .initial = json_in_int_or(&in, "on_hand", 0, INVENTORY_MAX_ON_HAND, 0),
        .shippable = json_in_bool_or(&in, "shippable", true),
    };
    if (!inventory_sku_valid(p->sku))
        json_in_refuse(&in, "sku", "may hold only A-Z, 0-9 and -");
    if (!inventory_currency_valid(p->currency))
        json_in_refuse(&in, "currency", "must be three letters A-Z");
    return json_in_done_strict(&in);
}

/* POST /api/v1/products */
static struct err post_product(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    struct product p;
    struct err err;

    err = decode_product(ctx, req, &p);
    if (err.code)
        return err;
    err = product_create(ctx, &p);
    if (err.code)
        return err;
    res->location = arena_printf(ctx->arena, "/api/v1/products/%s", p.sku);
    reply_product(ctx, 201, &p, res);
    return OK;
}

/* PATCH /api/v1/products/{sku} {"price", "name", "shippable"}: any of them */
static struct err patch_product(struct ctx *ctx, const struct http_request *req,
                                struct http_response *res)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    const bool shippable = json_in_bool_or(&in, "shippable", false);
    const struct product_change change = {
        .price = json_in_int_or(&in, "price", 0, INVENTORY_MAX_PRICE, -1),
        .name = json_in_str_or(&in, "name", 1, INVENTORY_MAX_NAME, NULL),
        /* absent is what follows the fallback */
        .shippable = shippable == json_in_bool_or(&in, "shippable", true) ? &shippable : NULL,
    };
    struct product p;
    const char *sku;
    struct err err;

    err = path_sku(ctx, req, &sku);
    if (err.code)
        return err;
    err = json_in_done_strict(&in);
    if (err.code)
        return err;
    err = product_change(ctx, sku, &change, &p);
    if (err.code)
        return err;
    reply_product(ctx, 200, &p, res);
    return OK;
}

/* POST /api/v1/products/{sku}/restock {"quantity"} */
static struct err post_restock(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    int64_t quantity = json_in_int(&in, "quantity", 1, INVENTORY_MAX_RESTOCK);
    struct product p;
    const char *sku;
    struct err err;

    err = path_sku(ctx, req, &sku);
    if (err.code)
        return err;
    err = json_in_done_strict(&in);
    if (err.code)
        return err;
    err = product_restock(ctx, sku, quantity, &p);
    if (err.code)
        return err;
    reply_product(ctx, 200, &p, res);
    return OK;
}

/* "A,B,C" apart; a text that cannot be a sku is left out, for no product has it. */
static struct err split_skus(struct ctx *ctx, const char *text, const char *skus[], size_t *n)
{
    char *rest = arena_strdup(ctx->arena, text);
    size_t seen = 0;

    *n = 0;
    while (rest) {
        const char *sku = strsep(&rest, ",");

        if (++seen > INVENTORY_MAX_LINES)
            return err_new(ctx->arena, ERR_INVALID, "skus may name at most %d products",
                           INVENTORY_MAX_LINES);
        if (inventory_sku_valid(sku))
            skus[(*n)++] = sku;
    }
    return OK;
}

/* GET /internal/products?skus=A,B,C   for orders: prices; unknown ones are left out */
static struct err get_prices(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    const char *text = http_query(req, "skus"), *skus[INVENTORY_MAX_LINES];
    struct product *list;
    struct err err;
    size_t n;

    if (!text || !*text)
        return (struct err){ERR_INVALID, "skus is missing: give ?skus=A,B,C"};
    err = split_skus(ctx, text, skus, &n);
    if (err.code)
        return err;
    err = store_find_products(ctx, skus, n, &list, &n);
    if (err.code)
        return err;
    reply_products(ctx, list, n, &(struct page){.limit = INVENTORY_MAX_LINES}, res);
    return OK;
}

const struct http_route api_routes[] = {
    {"GET",   "/api/v1/products",           HTTP_PUBLIC,   DB_READ,  false, get_products },
    {"POST",  "/api/v1/products",           HTTP_ADMIN,    DB_WRITE, true,  post_product },
    {"GET",   "/api/v1/products/*",         HTTP_PUBLIC,   DB_READ,  false, get_product  },
    {"PATCH", "/api/v1/products/*",         HTTP_ADMIN,    DB_WRITE, false, patch_product},
    {"GET",   "/api/v1/products/*/stock",   HTTP_ADMIN,    DB_READ,  false, get_stock    },
    {"POST",  "/api/v1/products/*/restock", HTTP_ADMIN,    DB_WRITE, true,  post_restock },
    {"GET",   "/internal/products",         HTTP_INTERNAL, DB_READ,  false, get_prices   },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);
