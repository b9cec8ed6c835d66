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

static const char *path_to(struct arena *a, const char *const user_ids[], size_t n)
{
    const char *path = "/internal/users?ids=";

    for (size_t i = 0; i < n; i++)
        path = arena_printf(a, "%s%s%s", path, i ? "," : "", user_ids[i]);
    return path;
}

/* A contact that makes no sense must not keep mails from all the others: mistakes of its
 * members are kept apart from those of the document. But whose it is must be told, lest
 * somebody be taken for gone. */
static struct contact read_contact(struct json_in item)
{
    struct contact c = {.user_id = json_in_id(&item, "id")};
    struct err mistake = OK;

    item.err = &mistake;
    c.email = json_in_str(&item, "email", 1, MAX_EMAIL);
    c.name = json_in_str(&item, "name", 0, MAX_NAME);
    if (json_in_done(&item).code)
        c.email = NULL;
    return c;
}

struct err peers_find_contacts(struct ctx *ctx, const char *const user_ids[], size_t n,
                               struct contact **out, size_t *nfound)
{
    const struct http_call call = {
        .method = "GET",
        .path = path_to(ctx->arena, user_ids, n),
        .repeatable = true,
    };
    struct http_reply reply;
    struct json_in in, *items;
    struct err err;

    err = http_call(ctx, users, &call, &reply);
    if (err.code)
        return err;
    if (reply.status != 200)
        return nonsense(ctx, reply.status);
    in = json_in_parse(ctx->arena, reply.body, reply.body_len);
    *nfound = json_in_list(&in, "items", 0, n, &items);
    *out = arena_array(ctx->arena, struct contact, *nfound);
    for (size_t i = 0; i < *nfound; i++)
        (*out)[i] = read_contact(items[i]);
    err = json_in_done(&in);
    return err.code ? nonsense(ctx, reply.status) : OK;
}
