/* api.c - the HTTP interface of the payment service. Payments begin with events, so
 * there is nothing to post. */
#include "api.h"

#include "arena.h"
#include "id.h"
#include "json_out.h"
#include "page.h"
#include "payment.h"
#include "rest.h"
#include "store.h"
#include "wire.h"

/* GET /api/v1/payments/{id} */
static struct err get_payment(struct ctx *ctx, const struct http_request *req,
                              struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct payment p;
    const char *id;
    struct err err;

    err = rest_id(ctx, req, "payment", &id);
    if (err.code)
        return err;
    err = store_find(ctx, id, rest_owner(req), &p);
    if (err.code)
        return err;
    wire_payment(&j, NULL, &p);
    res->body = json_out_text(&j);
    return OK;
}

/* GET /api/v1/payments?order_id=&limit=&cursor=   the caller's own, newest first */
static struct err get_payments(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct payment *list;
    struct page page;
    const char *order_id;
    struct err err;
    size_t n, shown;

    err = rest_query_id(ctx, req, "order_id", &order_id);
    if (err.code)
        return err;
    err = page_read(ctx, req, id_valid, &page);
    if (err.code)
        return err;
    err = store_list(ctx, rest_owner(req), order_id, page.after, page.limit + 1, &list, &n);
    if (err.code)
        return err;

    shown = page_open(&j, &page, n);
    for (size_t i = 0; i < shown; i++)
        wire_payment(&j, NULL, &list[i]);
    page_close(&j, shown < n ? list[shown - 1].id : NULL);
    res->body = json_out_text(&j);
    return OK;
}

/* GET /api/v1/payments/totals   for admins: the books */
static struct err get_totals(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct payment_totals *totals;
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
        json_out_str(&j, "currency", totals[i].currency);
        json_out_int(&j, "payments", totals[i].payments);
        json_out_int(&j, "captured", totals[i].captured);
        json_out_int(&j, "refunded", totals[i].refunded);
        json_out_int(&j, "open", totals[i].open);
        json_out_close(&j, '}');
    }
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

/* The first route that fits wins: "totals" before any id. */
const struct http_route api_routes[] = {
    {"GET", "/api/v1/payments",        HTTP_USER,  DB_READ, false, get_payments},
    {"GET", "/api/v1/payments/totals", HTTP_ADMIN, DB_READ, false, get_totals  },
    {"GET", "/api/v1/payments/*",      HTTP_USER,  DB_READ, false, get_payment },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);
