/* usecases.c - register, sign in, the first administrator. */
#include "usecases.h"

#include "auth.h"
#include "id.h"
#include "log.h"
#include "store.h"

static struct usecases_options options;

void usecases_init(const struct usecases_options *opt)
{
    options = *opt;
}

static struct err add(struct ctx *ctx, struct user *u, const char *password, bool *added)
{
    struct err err;

    u->id = id_new(ctx->arena);
    err = password_hash(options.hasher, ctx->arena, password, &u->password_hash);
    if (err.code)
        return err;
    return store_insert(ctx, u, added);
}

struct err user_register(struct ctx *ctx, struct user *u, const char *password)
{
    struct err err;
    bool added;

    u->role = USER_CUSTOMER;
    err = add(ctx, u, password, &added);
    if (err.code)
        return err;
    if (!added)
        return (struct err){ERR_CONFLICT, "this email address is already registered"};
    return OK;
}

static struct err open_session(struct ctx *ctx, const struct user *u, struct session *out)
{
    const struct principal p = {u->id, role_parse(user_role_name(u->role))};

    out->expires_in = options.token_ttl_s;
    return auth_sign(ctx->arena, options.private_pem, &p, options.token_ttl_s, &out->access_token);
}

/* The costs of hashing have changed since this password was set. Today's sign-in does
 * not depend on this; the next one tries again. */
static void refresh_hash(struct ctx *ctx, const struct user *u, const char *password)
{
    const char *hash;
    struct err err;

    if (!password_outdated(options.hasher, u->password_hash))
        return;
    err = password_hash(options.hasher, ctx->arena, password, &hash);
    if (!err.code)
        err = store_replace_hash(ctx, u, hash);
    if (err.code)
        log_warn("the password hash of user %s stays as it is: %s", u->id, err.msg);
}

struct err user_sign_in(struct ctx *ctx, const char *email, const char *password,
                        struct session *out)
{
    struct user u = {0};
    struct err err;
    bool fits;

    err = store_find_by_email(ctx, email, &u);
    if (err.code && err.code != ERR_NOT_FOUND)
        return err;
    err = password_verify(options.hasher, ctx->arena, u.password_hash, password, &fits);
    if (err.code)
        return err;
    if (!fits)
        return (struct err){ERR_UNAUTHENTICATED, "the email address or the password is wrong"};
    refresh_hash(ctx, &u, password);
    return open_session(ctx, &u, out);
}

struct err user_ensure_admin(struct ctx *ctx, const char *email, const char *password)
{
    struct user u = {.email = email, .name = "Administrator", .role = USER_ADMIN};
    struct err err;
    bool added = false;

    /* Looked for first: a start need not wait for a hash that nobody needs. */
    err = store_find_by_email(ctx, email, &u);
    if (err.code == ERR_NOT_FOUND)
        err = add(ctx, &u, password, &added);
    if (err.code)
        return err;
    if (added)
        log_info("administrator %s created", email);
    else if (u.role != USER_ADMIN)
        log_warn("the first administrator's address %s is a customer's, who stays one", email);
    return err;
}
