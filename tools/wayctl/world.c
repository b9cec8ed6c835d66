/* world.c - connections to everything that an operator looks at. */
#include "world.h"

#include <string.h>

#include "arena.h"
#include "config.h"
#include "db.h"
#include "http_client.h"
#include "json_in.h"
#include "json_out.h"

struct settings {
    const char *database[SERVICES], *password[SERVICES];
    const char *amqp_host, *amqp_vhost, *amqp_user, *amqp_password;
    const char *redis_host, *redis_user, *redis_password;
    const char *provider_url, *provider_key;
    const char *gateway_url, *admin_email, *admin_password;
    int64_t amqp_port, redis_port;
};

#define AT(field) offsetof(struct settings, field)

/* clang-format off */
static const struct config_key keys[] = {
    {"ORDER_DATABASE_URL",             CONFIG_SECRET, AT(database[ORDER]),        NULL, 0, 0,
     "postgresql://…, of its owner or a superuser"},
    {"ORDER_DATABASE_PASSWORD",        CONFIG_SECRET, AT(password[ORDER]),        "", 0, 0,
     "of that role, if it is not in the address"},
    {"INVENTORY_DATABASE_URL",         CONFIG_SECRET, AT(database[INVENTORY]),    NULL, 0, 0,
     "postgresql://…, of its owner or a superuser"},
    {"INVENTORY_DATABASE_PASSWORD",    CONFIG_SECRET, AT(password[INVENTORY]),    "", 0, 0,
     "of that role, if it is not in the address"},
    {"PAYMENT_DATABASE_URL",           CONFIG_SECRET, AT(database[PAYMENT]),      NULL, 0, 0,
     "postgresql://…, of its owner or a superuser"},
    {"PAYMENT_DATABASE_PASSWORD",      CONFIG_SECRET, AT(password[PAYMENT]),      "", 0, 0,
     "of that role, if it is not in the address"},
    {"NOTIFICATION_DATABASE_URL",      CONFIG_SECRET, AT(database[NOTIFICATION]), NULL, 0, 0,
     "postgresql://…, of its owner or a superuser"},
    {"NOTIFICATION_DATABASE_PASSWORD", CONFIG_SECRET, AT(password[NOTIFICATION]), "", 0, 0,
     "of that role, if it is not in the address"},
    {"AMQP_HOST",                      CONFIG_STR,    AT(amqp_host),              NULL, 0, 0,
     "RabbitMQ"},
    {"AMQP_PORT",                      CONFIG_INT,    AT(amqp_port),              "5672", 1, 65535,
     "RabbitMQ"},
    {"AMQP_VHOST",                     CONFIG_STR,    AT(amqp_vhost),             "waybill", 0, 0,
     "RabbitMQ"},
    {"AMQP_USER",                      CONFIG_STR,    AT(amqp_user),              NULL, 0, 0,
     "an administrator of RabbitMQ"},
    {"AMQP_PASSWORD",                  CONFIG_SECRET, AT(amqp_password),          NULL, 0, 0,
     "that administrator's"},
    {"REDIS_HOST",                     CONFIG_STR,    AT(redis_host),             NULL, 0, 0,
     "Redis"},
    {"REDIS_PORT",                     CONFIG_INT,    AT(redis_port),             "6379", 1, 65535,
     "Redis"},
    {"REDIS_USER",                     CONFIG_STR,    AT(redis_user),             "default", 0, 0,
     "a user who may read and write all keys"},
    {"REDIS_PASSWORD",                 CONFIG_SECRET, AT(redis_password),         NULL, 0, 0,
     "that user's"},
    {"PROVIDER_URL",                   CONFIG_STR,    AT(provider_url),           NULL, 0, 0,
     "the payment provider, http://host:port"},
    {"PROVIDER_KEY",                   CONFIG_SECRET, AT(provider_key),           NULL, 0, 0,
     "what its callers must bear"},
    {"GATEWAY_URL",                    CONFIG_STR,    AT(gateway_url),            NULL, 0, 0,
     "http://host:port"},
    {"ADMIN_EMAIL",                    CONFIG_STR,    AT(admin_email),            NULL, 0, 0,
     "of an administrator of the shop"},
    {"ADMIN_PASSWORD",                 CONFIG_SECRET, AT(admin_password),         NULL, 0, 0,
     "that administrator's"},
};
/* clang-format on */

struct world {
    struct settings settings;
    struct ctx ctx[SERVICES];
    struct http_client *http;
    struct bus *bus;
    struct stream_address redis_address;
    struct redis redis;
};

static const char *const names[SERVICES] = {"order", "inventory", "payment", "notification"};

const char *service_name(enum service s)
{
    return names[s];
}

bool service_find(const char *name, enum service *out)
{
    for (int i = 0; i < SERVICES; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum service)i;
            return true;
        }
    }
    return false;
}

/* What the address says holds when there is no other. */
static const char *password_of(const struct settings *s, int service)
{
    return *s->password[service] ? s->password[service] : NULL;
}

struct err world_open(struct arena *a, struct world **out)
{
    struct world *w = arena_alloc(a, sizeof(*w));
    struct err err = config_load(a, keys, sizeof(keys) / sizeof(keys[0]), &w->settings);

    if (err.code)
        return err;
    for (int i = 0; i < SERVICES; i++)
        w->ctx[i] = (struct ctx){
            .arena = a,
            .db = db_open(&(struct db_options){.url = w->settings.database[i],
                                               .password = password_of(&w->settings, i),
                                               .name = "wayctl"}),
        };
    w->http = http_client_new();
    w->redis_address = (struct stream_address){
        .host = w->settings.redis_host,
        .port = (int)w->settings.redis_port,
    };
    w->redis.addr = &w->redis_address;
    *out = w;
    return OK;
}

void world_close(struct world *w)
{
    for (int i = 0; i < SERVICES; i++)
        db_close(w->ctx[i].db);
    bus_close(w->bus);
    redis_close(&w->redis);
    http_client_free(w->http);
}

struct ctx *world_db(struct call *c, enum service s)
{
    return &c->world->ctx[s];
}

struct err world_error(struct call *c, enum service s, struct err err)
{
    if (!err.code)
        return err;
    return err_new(c->arena, err.code, "%s: %s", names[s], err.msg);
}

struct err world_bus(struct call *c, struct bus **out)
{
    struct world *w = c->world;
    const struct bus_address address = {
        .host = w->settings.amqp_host,
        .port = (int)w->settings.amqp_port,
        .vhost = w->settings.amqp_vhost,
        .user = w->settings.amqp_user,
        .password = w->settings.amqp_password,
        .name = "wayctl",
    };
    struct err err = w->bus ? OK : bus_open(c->arena, &address, &w->bus);

    *out = w->bus;
    return err;
}

/* --- Redis ----------------------------------------------------------------------- */

/* An operator has a user of their own, which redis.h knows nothing of. */
static struct err log_in(struct call *c)
{
    const struct settings *s = &c->world->settings;
    redisReply *reply;

    return redis_call(&c->world->redis, c->arena,
                      REDIS_COMMAND("AUTH", s->redis_user, s->redis_password), NULL, &reply);
}

struct err world_redis(struct call *c, const struct redis_command commands[], size_t n,
                       redisReply *replies[])
{
    struct redis *r = &c->world->redis;
    struct err err = r->conn ? OK : log_in(c);

    if (!err.code)
        err = redis_pipeline(r, c->arena, commands, n, replies);
    for (size_t i = 0; !err.code && i < n; i++)
        err = redis_reply_error(r, c->arena, replies[i]);
    return err;
}

/* --- HTTP ------------------------------------------------------------------------ */

enum { DEADLINE_MS = 10000, ATTEMPT_MS = 5000, RETRIES = 1, CALLS = 1 };

static struct err ask(struct call *c, const char *name, const char *url, const char *bearer,
                      const struct world_request *r, struct http_reply *reply)
{
    const struct http_target_options options = {
        .name = name,
        .base_url = url,
        .bearer = bearer,
        .deadline_ms = DEADLINE_MS,
        .attempt_ms = ATTEMPT_MS,
        .retries = RETRIES,
        .max_concurrent = CALLS,
    };
    const struct http_call call = {
        .method = r->method, .path = r->path, .body = r->body, .repeatable = true};
    struct ctx ctx = {.arena = c->arena, .http = c->world->http};
    struct http_target *t = http_target_new(&options);
    const struct err err = http_call(&ctx, t, &call, reply);

    http_target_free(t);
    return err;
}

static struct err admin_token(struct call *c, const char **token)
{
    enum { MAX_TOKEN = 4096 };
    const struct settings *s = &c->world->settings;
    struct json_out j = json_out_new(c->arena);
    struct http_reply reply;
    struct json_in in;
    struct err err;

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "email", s->admin_email);
    json_out_str(&j, "password", s->admin_password);
    json_out_close(&j, '}');
    err = ask(c, "gateway", s->gateway_url, NULL,
              &(struct world_request){"POST", "/api/v1/sessions", json_out_text(&j)}, &reply);
    if (err.code)
        return err;
    if (reply.status != 201)
        return err_new(c->arena, ERR_UNAUTHENTICATED, "the administrator cannot log in: %d",
                       reply.status);
    in = json_in_parse(c->arena, reply.body, reply.body_len);
    *token = json_in_str(&in, "access_token", 1, MAX_TOKEN);
    return json_in_done(&in);
}

struct err world_ask_as_admin(struct call *c, const struct world_request *r, int *status,
                              const char **body)
{
    struct http_reply reply;
    const char *token = "";
    struct err err = admin_token(c, &token);

    if (!err.code)
        err = ask(c, "gateway", c->world->settings.gateway_url, token, r, &reply);
    if (err.code)
        return err;
    *status = reply.status;
    *body = reply.body;
    return OK;
}

struct err world_provider_ledger(struct call *c, struct provider_ledger *out)
{
    const struct settings *s = &c->world->settings;
    struct http_reply reply;
    struct json_in in;
    struct err err = ask(c, "provider", s->provider_url, s->provider_key,
                         &(struct world_request){.method = "GET", .path = "/v1/ledger"}, &reply);

    if (err.code)
        return err;
    if (reply.status != 200)
        return err_new(c->arena, ERR_UNAVAILABLE, "provider: %d", reply.status);
    in = json_in_parse(c->arena, reply.body, reply.body_len);
    out->captured = json_in_int(&in, "captured", 0, INT64_MAX);
    out->refunded = json_in_int(&in, "refunded", 0, INT64_MAX);
    out->charged_twice = json_in_int(&in, "charged_twice", 0, INT64_MAX);
    return json_in_done(&in);
}
