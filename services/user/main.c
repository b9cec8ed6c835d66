/* main.c - the user service: its settings, and how its parts are wired. */
#include <stddef.h>
#include <string.h>

#include "api.h"
#include "arena.h"
#include "auth.h"
#include "id.h"
#include "idempotency.h"
#include "password.h"
#include "service.h"
#include "usecases.h"
#include "user.h"

static struct settings {
    const char *private_key;
    int64_t token_ttl_s, memory_kib, passes;
    const char *admin_email, *admin_password;
} settings;

#define AT(member) offsetof(struct settings, member)

/* clang-format off */
static const struct config_key keys[] = {
    {"JWT_PRIVATE_KEY",     CONFIG_SECRET, AT(private_key),    NULL,    0, 0,       "EC key on P-256 in PEM that access tokens are signed with"},
    {"TOKEN_TTL_S",         CONFIG_INT,    AT(token_ttl_s),    "900",   1, 86400,   "seconds that an access token is valid"},
    {"PASSWORD_MEMORY_KIB", CONFIG_INT,    AT(memory_kib),     "19456", 8, 1048576, "memory that hashing one password takes"},
    {"PASSWORD_OPS",        CONFIG_INT,    AT(passes),         "2",     1, 64,      "passes over that memory"},
    {"ADMIN_EMAIL",         CONFIG_STR,    AT(admin_email),    "",      0, 0,       "the first administrator, made unless somebody has this address"},
    {"ADMIN_PASSWORD",      CONFIG_SECRET, AT(admin_password), "",      0, 0,       "of the first administrator, 8 to 128 bytes"},
};
/* clang-format on */

/* Better now than with the first token that nobody accepts. */
static struct err check_keys(struct ctx *ctx)
{
    const struct principal nobody = {id_new(ctx->arena), ROLE_CUSTOMER};
    struct principal out;
    struct auth *auth;
    const char *token;
    struct err err;

    err = auth_sign(ctx->arena, settings.private_key, &nobody, 60, &token);
    if (err.code)
        return err_new(ctx->arena, err.code, "JWT_PRIVATE_KEY: %s", err.msg);
    err = auth_open(ctx->arena, service_settings()->jwt_public_key, &auth);
    if (err.code)
        return err_new(ctx->arena, err.code, "JWT_PUBLIC_KEY: %s", err.msg);
    err = auth_verify(auth, ctx->arena, token, &out);
    auth_close(auth);
    if (err.code)
        return (struct err){ERR_INVALID, "JWT_PRIVATE_KEY and JWT_PUBLIC_KEY are not one pair"};
    return OK;
}

static struct err make_admin(struct ctx *ctx)
{
    const size_t len = strlen(settings.admin_password);
    const char *fault;
    char email[USER_MAX_EMAIL + 1];

    if (!*settings.admin_email && len == 0)
        return OK;
    if (!*settings.admin_email || len == 0)
        return (struct err){ERR_INVALID, "ADMIN_EMAIL and ADMIN_PASSWORD go together"};
    fault = user_email_fault(settings.admin_email);
    if (fault)
        return err_new(ctx->arena, ERR_INVALID, "ADMIN_EMAIL %s", fault);
    if (len < USER_MIN_PASSWORD || len > USER_MAX_PASSWORD)
        return (struct err){ERR_INVALID, "ADMIN_PASSWORD must have 8 to 128 bytes"};
    user_email_normalize(email, settings.admin_email);
    return user_ensure_admin(ctx, arena_strdup(ctx->arena, email), settings.admin_password);
}

static struct err init(struct ctx *ctx)
{
    const struct password_options passwords = {
        .memory_kib = settings.memory_kib,
        .passes = settings.passes,
        .at_once = 2,
        .wait_ms = 2000,
    };
    struct usecases_options options = {
        .private_pem = settings.private_key,
        .token_ttl_s = settings.token_ttl_s,
    };
    struct err err;

    err = check_keys(ctx);
    if (err.code)
        return err;
    err = password_open(ctx->arena, &passwords, &options.hasher);
    if (err.code)
        return err;
    idempotency_secret(settings.private_key); /* bodies of POST /users hold passwords */
    usecases_init(&options);
    api_init(service_settings()->jwt_public_key);
    return make_admin(ctx);
}

int main(int argc, char **argv)
{
    const struct service user = {
        .name = "user",
        .keys = keys,
        .nkeys = sizeof(keys) / sizeof(keys[0]),
        .settings = &settings,
        .routes = api_routes,
        .nroutes = api_nroutes,
        .init = init,
    };

    return service_main(argc, argv, &user);
}
