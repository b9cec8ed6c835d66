/* rest.c - what handlers of REST resources share. */
#include "rest.h"

#include "id.h"

struct err rest_id(struct ctx *ctx, const struct http_request *req, const char *what,
                   const char **id)
{
    *id = req->param[0];
    if (id_valid(*id))
        return OK;
    return err_new(ctx->arena, ERR_INVALID, "the %s id must be a UUID", what);
}

struct err rest_query_id(struct ctx *ctx, const struct http_request *req, const char *name,
                         const char **id)
{
    *id = http_query(req, name);
    if (!*id || id_valid(*id))
        return OK;
    return err_new(ctx->arena, ERR_INVALID, "%s must be a UUID", name);
}

const char *rest_owner(const struct http_request *req)
{
    return req->caller.role == ROLE_ADMIN ? NULL : req->caller.user_id;
}
