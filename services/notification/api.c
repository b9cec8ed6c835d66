/* api.c - the HTTP interface of the notification service: it only shows. */
#include "api.h"

#include "id.h"
#include "json_out.h"
#include "page.h"
#include "rest.h"
#include "store.h"
#include "wire.h"

/* GET /api/v1/notifications/{id} */
static struct err get_notification(struct ctx *ctx, const struct http_request *req,
                                   struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct notification n;
    const char *id;
    struct err err;

    err = rest_id(ctx, req, "notification", &id);
    if (err.code)
        return err;
    err = store_find(ctx, id, rest_owner(req), &n);
    if (err.code)
        return err;
    wire_notification(&j, NULL, &n);
    res->body = json_out_text(&j);
    return OK;
}

/* GET /api/v1/notifications?order_id=&limit=&cursor=   newest first */
static struct err get_notifications(struct ctx *ctx, const struct http_request *req,
                                    struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct notification *list;
    const char *order_id;
    struct page page;
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
        wire_notification(&j, NULL, &list[i]);
    page_close(&j, shown < n ? list[shown - 1].id : NULL);
    res->body = json_out_text(&j);
    return OK;
}

/* GET /api/v1/notifications/totals   for admins: the books */
static struct err get_totals(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct notification_totals *totals;
    struct err err;
    size_t n;

    (void)req;
    err = store_totals(ctx, &totals, &n);
    if (err.code)
        return err;
    json_out_open(&j, NULL, '{');
    json_out_open(&j, "items", '[');
    for (size_t i = 0; i < n; i++)
        wire_totals(&j, &totals[i]);
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

/* The first route that fits wins: "totals" before any id. */
const struct http_route api_routes[] = {
    {"GET", "/api/v1/notifications",        HTTP_USER,  DB_READ, false, get_notifications},
    {"GET", "/api/v1/notifications/totals", HTTP_ADMIN, DB_READ, false, get_totals       },
    {"GET", "/api/v1/notifications/*",      HTTP_USER,  DB_READ, false, get_notification },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);
