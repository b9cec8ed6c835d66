/* peers.c - the REST look-up of the notification service. */
#include "peers.h"

#include "arena.h"
#include "http_client.h"
#include "json_in.h"

enum { MAX_EMAIL = 254, MAX_NAME = 200 };

static struct http_target *users;

void peers_init(const char *user_url)
{
    users = http_target_new(&(struct http_target_options){
        .name = "user",
        .base_url = user_url,
        .deadline_ms = 2000,
        .attempt_ms = 800,
        .retries = 2,
        .max_concurrent = 16,
    });
}

/* An answer that makes no sense is an outage of that service: nothing is lost, later
 * it may make sense. */
static struct err nonsense(struct ctx *ctx, int status)
{
    return err_new(ctx->arena, ERR_UNAVAILABLE, "the user service gave an unexpected answer (%d)",
                   status);
}

struct err peers_find_contact(struct ctx *ctx, const char *user_id, struct contact *out)
{
    const struct http_call call = {
        .method = "GET",
        .path = arena_printf(ctx->arena, "/internal/users/%s", user_id),
        .repeatable = true,
    };
    struct http_reply reply;
    struct json_in in;
    struct err err;

    err = http_call(ctx, users, &call, &reply);
    if (err.code)
        return err;
    if (reply.status == 404)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user %s", user_id);
    if (reply.status != 200)
        return nonsense(ctx, reply.status);
    in = json_in_parse(ctx->arena, reply.body, reply.body_len);
    out->email = json_in_str(&in, "email", 1, MAX_EMAIL);
    out->name = json_in_str(&in, "name", 0, MAX_NAME);
    err = json_in_done(&in);
    return err.code ? nonsense(ctx, reply.status) : OK;
}
