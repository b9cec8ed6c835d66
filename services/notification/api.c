/* api.c - the HTTP interface of the notification service: it only shows. */
#include "api.h"

#include "id.h"
#include "json_out.h"
#include "page.h"
#include "store.h"
#include "wire.h"

/* An admin may look at everybody's: NULL stands for anyone. */
static const char *owner(const struct http_request *req)
{
    return req->caller.role == ROLE_ADMIN ? NULL : req->caller.user_id;
}

/* GET /api/v1/notifications/{id} */
static struct err get_notification(struct ctx *ctx, const struct http_request *req,
                                   struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct notification n;
    struct err err;

    if (!id_valid(req->param[0]))
        return err_new(ctx->arena, ERR_INVALID, "the notification id must be a UUID");
    err = store_find(ctx, req->param[0], owner(req), &n);
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
    const char *order_id = http_query(req, "order_id");
    struct json_out j = json_out_new(ctx->arena);
    struct notification *list;
    struct page page;
    struct err err;
    size_t n, shown;

    if (order_id && !id_valid(order_id))
        return err_new(ctx->arena, ERR_INVALID, "order_id must be a UUID");
    err = page_read(ctx, req, &page);
    if (err.code)
        return err;
    if (page.after && !id_valid(page.after))
        return err_new(ctx->arena, ERR_INVALID, "cursor is not one of ours");
    err = store_list(ctx, owner(req), order_id, page.after, page.limit + 1, &list, &n);
    if (err.code)
        return err;

    shown = n > (size_t)page.limit ? (size_t)page.limit : n;
    json_out_open(&j, NULL, '{');
    json_out_open(&j, "items", '[');
    for (size_t i = 0; i < shown; i++)
        wire_notification(&j, NULL, &list[i]);
    json_out_close(&j, ']');
    page_write(&j, shown < n ? list[shown - 1].id : NULL);
    json_out_close(&j, '}');
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
