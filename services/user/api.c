/* api.c - the HTTP interface of the user service. */
#include "api.h"

#include <string.h>

#include "arena.h"
#include "id.h"
#include "json_in.h"
#include "json_out.h"
#include "page.h"
#include "rest.h"
#include "store.h"
#include "usecases.h"
#include "user.h"
#include "wire.h"

static const char *public_pem;

void api_init(const char *pem)
{
    public_pem = pem;
}

static void reply_user(struct ctx *ctx, int status, const struct user *u, struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);

    wire_user(&j, NULL, u);
    res->status = status;
    res->body = json_out_text(&j);
}

static void check(const struct json_in *in, const char *key, const char *fault)
{
    if (fault)
        json_in_refuse(in, key, fault);
}

static const char *normalized(struct ctx *ctx, const char *email)
{
    char *out = arena_alloc(ctx->arena, USER_MAX_EMAIL + 1);

    user_email_normalize(out, email);
    return out;
}

/* POST /api/v1/users {"email","name","password"} */
static struct err post_user(struct ctx *ctx, const struct http_request *req,
                            struct http_response *res)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    struct user u = {0};
    const char *password;
    struct err err;

    u.email = json_in_str(&in, "email", 1, USER_MAX_EMAIL);
    check(&in, "email", user_email_fault(u.email));
    u.name = json_in_str(&in, "name", 1, USER_MAX_NAME);
    check(&in, "name", user_name_fault(u.name));
    password = json_in_str(&in, "password", USER_MIN_PASSWORD, USER_MAX_PASSWORD);
    err = json_in_done_strict(&in);
    if (err.code)
        return err;
    u.email = normalized(ctx, u.email);
    err = user_register(ctx, &u, password);
    if (err.code)
        return err;
    res->location = arena_printf(ctx->arena, "/api/v1/users/%s", u.id);
    reply_user(ctx, 201, &u, res);
    return OK;
}

/* POST /api/v1/sessions {"email","password"}: an address that could not be anybody's
 * is treated like one that nobody has. */
static struct err post_session(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    const char *email = json_in_str(&in, "email", 1, USER_MAX_EMAIL);
    const char *password = json_in_str(&in, "password", 1, USER_MAX_PASSWORD);
    struct json_out j = json_out_new(ctx->arena);
    struct session session;
    struct err err;

    err = json_in_done_strict(&in);
    if (err.code)
        return err;
    err = user_sign_in(ctx, normalized(ctx, email), password, &session);
    if (err.code)
        return err;
    wire_session(&j, &session);
    res->status = 201;
    res->body = json_out_text(&j);
    return OK;
}

/* GET /api/v1/users/me */
static struct err get_me(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    struct user u;
    struct err err;

    err = store_find(ctx, req->caller.user_id, &u);
    if (err.code)
        return err;
    reply_user(ctx, 200, &u, res);
    return OK;
}

static bool may_see(const struct principal *caller, const char *id)
{
    return caller->role == ROLE_ADMIN || strcmp(caller->user_id, id) == 0;
}

/* GET /api/v1/users/{id}: whether another's id exists is nobody's business */
static struct err get_user(struct ctx *ctx, const struct http_request *req,
                           struct http_response *res)
{
    struct user u;
    const char *id;
    struct err err;

    err = rest_id(ctx, req, "user", &id);
    if (err.code)
        return err;
    if (!may_see(&req->caller, id))
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user %s", id);
    err = store_find(ctx, id, &u);
    if (err.code)
        return err;
    reply_user(ctx, 200, &u, res);
    return OK;
}

/* GET /api/v1/users?limit=&cursor=   for admins: everybody, oldest first */
static struct err get_users(struct ctx *ctx, const struct http_request *req,
                            struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct user *list;
    struct page page;
    struct err err;
    size_t n, shown;

    err = page_read(ctx, req, id_valid, &page);
    if (err.code)
        return err;
    err = store_list(ctx, page.after, page.limit + 1, &list, &n);
    if (err.code)
        return err;

    shown = page_open(&j, &page, n);
    for (size_t i = 0; i < shown; i++)
        wire_user(&j, NULL, &list[i]);
    page_close(&j, shown < n ? list[shown - 1].id : NULL);
    res->body = json_out_text(&j);
    return OK;
}

/* GET /internal/users/{id} */
static struct err get_contact(struct ctx *ctx, const struct http_request *req,
                              struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct user u;
    const char *id;
    struct err err;

    err = rest_id(ctx, req, "user", &id);
    if (err.code)
        return err;
    err = store_find(ctx, id, &u);
    if (err.code)
        return err;
    wire_contact(&j, &u);
    res->body = json_out_text(&j);
    return OK;
}

/* "a,b,c" apart; a text that cannot be an id is left out, for no user has it. */
static struct err split_ids(struct ctx *ctx, const char *text, const char *ids[], size_t *n)
{
    char *rest = arena_strdup(ctx->arena, text);
    size_t seen = 0;

    *n = 0;
    while (rest) {
        const char *id = strsep(&rest, ",");

        if (++seen > USER_MAX_CONTACTS)
            return err_new(ctx->arena, ERR_INVALID, "ids may name at most %d users",
                           USER_MAX_CONTACTS);
        if (id_valid(id))
            ids[(*n)++] = id;
    }
    return OK;
}

/* GET /internal/users?ids=a,b,c   for mails: contacts; unknown ones are left out */
static struct err get_contacts(struct ctx *ctx, const struct http_request *req,
                               struct http_response *res)
{
    const char *text = http_query(req, "ids"), *ids[USER_MAX_CONTACTS];
    struct json_out j = json_out_new(ctx->arena);
    struct user *list;
    struct err err;
    size_t n;

    if (!text || !*text)
        return (struct err){ERR_INVALID, "ids is missing: give ?ids=a,b,c"};
    err = split_ids(ctx, text, ids, &n);
    if (err.code)
        return err;
    err = store_find_users(ctx, ids, n, &list, &n);
    if (err.code)
        return err;
    page_open(&j, &(struct page){.limit = USER_MAX_CONTACTS}, n);
    for (size_t i = 0; i < n; i++)
        wire_contact(&j, &list[i]);
    page_close(&j, NULL);
    res->body = json_out_text(&j);
    return OK;
}

/* GET /.well-known/jwks.json */
static struct err get_jwks(struct ctx *ctx, const struct http_request *req,
                           struct http_response *res)
{
    (void)req;
    return auth_jwks(ctx->arena, public_pem, &res->body);
}

/* The first route that fits wins: "me" before any id. Signing in stores nothing, and
 * its unit must hold no transaction while the password is checked: DB_READ. */
const struct http_route api_routes[] = {
    {"POST", "/api/v1/users",          HTTP_PUBLIC,   DB_WRITE, true,  post_user   },
    {"GET",  "/api/v1/users",          HTTP_ADMIN,    DB_READ,  false, get_users   },
    {"GET",  "/api/v1/users/me",       HTTP_USER,     DB_READ,  false, get_me      },
    {"GET",  "/api/v1/users/*",        HTTP_USER,     DB_READ,  false, get_user    },
    {"POST", "/api/v1/sessions",       HTTP_PUBLIC,   DB_READ,  false, post_session},
    {"GET",  "/internal/users",        HTTP_INTERNAL, DB_READ,  false, get_contacts},
    {"GET",  "/internal/users/*",      HTTP_INTERNAL, DB_READ,  false, get_contact },
    {"GET",  "/.well-known/jwks.json", HTTP_PUBLIC,   DB_READ,  false, get_jwks    },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);
