/* api.c - the HTTP interface of the order service. */
#include "api.h"

#include <string.h>

#include "arena.h"
#include "id.h"
#include "json_in.h"
#include "json_out.h"
#include "order.h"
#include "page.h"
#include "rest.h"
#include "store.h"
#include "usecases.h"
#include "wire.h"

static void reply_order(struct ctx *ctx, int status, const struct order *o,
                        struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);

    wire_order(&j, NULL, o);
    res->status = status;
    res->body = json_out_text(&j);
}

/* The alphabet of a sku, which also keeps it safe in a URL. */
static void check_sku(const struct json_in *line, const char *sku)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

    if (sku[strspn(sku, alphabet)])
        json_in_refuse(line, "sku", "may hold only A-Z, 0-9 and -");
}

static struct err decode_order(struct ctx *ctx, const struct http_request *req, struct order *o)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len), *line;

    *o = (struct order){.user_id = req->caller.user_id};
    o->payment_method = json_in_str(&in, "payment_method", 1, 64);
    o->nlines = json_in_list(&in, "lines", 1, ORDER_MAX_LINES, &line);
    o->lines = arena_array(ctx->arena, struct order_line, o->nlines);
    for (size_t i = 0; i < o->nlines; i++) {
        o->lines[i].sku = json_in_str(&line[i], "sku", 1, ORDER_MAX_SKU);
        check_sku(&line[i], o->lines[i].sku);
        o->lines[i].quantity = json_in_int(&line[i], "quantity", 1, ORDER_MAX_QUANTITY);
    }
    return json_in_done_strict(&in);
}

/* POST /api/v1/orders */
static struct err post_order(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct order o;
    struct err err;

    err = decode_order(ctx, req, &o);
    if (err.code)
        return err;
    err = order_place(ctx, &o);
    if (err.code)
        return err;
    res->location = arena_printf(ctx->arena, "/api/v1/orders/%s", o.id);
    reply_order(ctx, 201, &o, res);
    return OK;
}

/* GET /api/v1/orders/{id} */
static struct err get_order(struct ctx *ctx, const struct http_request *req,
                            struct http_response *res)
{
    struct order o;
    const char *id;
    struct err err;

    err = rest_id(ctx, req, "order", &id);
    if (err.code)
        return err;
    err = store_find(ctx, id, rest_owner(req), &o);
    if (err.code)
        return err;
    reply_order(ctx, 200, &o, res);
    return OK;
}

static struct err read_status(struct ctx *ctx, const struct http_request *req, const char **status)
{
    enum order_status ignored;

    *status = http_query(req, "status");
    if (!*status || order_status_parse(*status, &ignored))
        return OK;
    return err_new(ctx->arena, ERR_INVALID,
                   "status must be PENDING, CONFIRMED, CANCELLING, SHIPPED or CANCELLED");
}

/* GET /api/v1/orders?status=&limit=&cursor=   the caller's own, newest first */
static struct err get_orders(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct order *list;
    struct page page;
    const char *status;
    struct err err;
    size_t n, shown;

    err = read_status(ctx, req, &status);
    if (err.code)
        return err;
    err = page_read(ctx, req, id_valid, &page);
    if (err.code)
        return err;
    err = store_list(ctx, req->caller.user_id, status, page.after, page.limit + 1, &list, &n);
    if (err.code)
        return err;

    shown = page_open(&j, &page, n);
    for (size_t i = 0; i < shown; i++)
        wire_order(&j, NULL, &list[i]);
    page_close(&j, shown < n ? list[shown - 1].id : NULL);
    res->body = json_out_text(&j);
    return OK;
}

/* POST /api/v1/orders/{id}/cancel: 202 while it is being undone, 200 when it is */
static struct err post_cancel(struct ctx *ctx, const struct http_request *req,
                              struct http_response *res)
{
    struct order o;
    const char *id;
    struct err err;

    err = rest_id(ctx, req, "order", &id);
    if (err.code)
        return err;
    err = order_cancel(ctx, id, rest_owner(req), &o);
    if (err.code)
        return err;
    reply_order(ctx, o.status == ORDER_CANCELLED ? 200 : 202, &o, res);
    return OK;
}

/* GET /api/v1/orders/{id}/timeline */
static struct err get_timeline(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct order_entry *entries;
    struct order o;
    const char *id;
    struct err err;
    size_t n;

    err = rest_id(ctx, req, "order", &id);
    if (err.code)
        return err;
    err = store_find(ctx, id, rest_owner(req), &o); /* may the caller see it? */
    if (err.code)
        return err;
    err = store_timeline(ctx, id, &entries, &n);
    if (err.code)
        return err;
    json_out_open(&j, NULL, '{');
    json_out_str(&j, "order_id", o.id);
    json_out_str(&j, "status", order_status_name(o.status));
    json_out_open(&j, "items", '[');
    for (size_t i = 0; i < n; i++)
        wire_entry(&j, &entries[i]);
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

/* GET /api/v1/orders/totals   for admins: the books */
static struct err get_totals(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct order_totals *totals;
    struct err err;
    size_t n;

    (void)req;
    err = store_totals(ctx, &totals, &n);
    if (err.code)
        return err;
    json_out_open(&j, NULL, '{');
    json_out_open(&j, "items", '[');
    for (size_t i = 0; i < n; i++) {
        json_out_open(&j, NULL, '{');
        json_out_str(&j, "status", totals[i].status);
        json_out_str(&j, "currency", totals[i].currency);
        json_out_int(&j, "orders", totals[i].orders);
        json_out_int(&j, "total", totals[i].total);
        json_out_close(&j, '}');
    }
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

/* The first route that fits wins: "totals" before any id. */
const struct http_route api_routes[] = {
    {"POST", "/api/v1/orders",            HTTP_USER,  DB_WRITE, true,  post_order  },
    {"GET",  "/api/v1/orders",            HTTP_USER,  DB_READ,  false, get_orders  },
    {"GET",  "/api/v1/orders/totals",     HTTP_ADMIN, DB_READ,  false, get_totals  },
    {"GET",  "/api/v1/orders/*",          HTTP_USER,  DB_READ,  false, get_order   },
    {"GET",  "/api/v1/orders/*/timeline", HTTP_USER,  DB_READ,  false, get_timeline},
    {"POST", "/api/v1/orders/*/cancel",   HTTP_USER,  DB_WRITE, false, post_cancel },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);
