/* service_config.c - the settings that services share: which, and who needs them. */
#include "service_internal.h"

#include <limits.h>
#include <unistd.h>

#include "arena.h"
#include "log.h"

#define AT(member) offsetof(struct service_settings, member)
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

/* clang-format off */
static const struct config_key address_keys[] = {
    {"PORT",           CONFIG_INT, AT(port),    NULL,      1, 65535, "to serve HTTP on"},
    {"LISTEN_ADDRESS", CONFIG_STR, AT(address), "0.0.0.0", 0, 0,     "to serve HTTP on"},
};

static const struct config_key common_keys[] = {
    {"HTTP_WORKERS",         CONFIG_INT,    AT(workers),           "4",      1,  256,     "requests handled at once"},
    {"HTTP_QUEUE",           CONFIG_INT,    AT(queue_limit),       "256",    1,  65536,   "requests that may wait; beyond: 503"},
    {"HTTP_WAIT_MS",         CONFIG_INT,    AT(wait_ms),           "3000",   10, 60000,   "milliseconds that a request may wait; beyond: 503"},
    {"HTTP_MAX_CONNECTIONS", CONFIG_INT,    AT(max_connections),   "512",    8,  65536,   "open connections"},
    {"DATABASE_URL",         CONFIG_STR,    AT(database_url),      NULL,     0,  0,       "postgresql://role@host:port/database, no password in it"},
    {"DATABASE_PASSWORD",    CONFIG_SECRET, AT(database_password), "",       0,  0,       "of that role"},
    {"INBOX_KEEP_S",         CONFIG_INT,    AT(keep_s),            "604800", 60, 31536000,
     "seconds to remember events and idempotency keys"},
    {"LOG_LEVEL",            CONFIG_STR,    AT(log_level),         "info",   0,  0,       "debug, info, warn or error"},
    {"INSTANCE",             CONFIG_STR,    AT(instance),          "",       0,  0,       "this process's name; <service>-<host>-<pid> unless given"},
};

static const struct config_key outbox_keys[] = {
    {"OUTBOX_MAX",   CONFIG_INT, AT(outbox_max),   "100000", 10, 100000000, "events that may wait to be sent; beyond: an alarm, and new work gets 503"},
    {"OUTBOX_OLD_S", CONFIG_INT, AT(outbox_old_s), "30",     1,  86400,     "seconds that the oldest of them may wait; beyond: an alarm"},
};

static const struct config_key bus_keys[] = {
    {"AMQP_HOST",     CONFIG_STR,    AT(amqp_host),     NULL,   0, 0,     "RabbitMQ"},
    {"AMQP_PORT",     CONFIG_INT,    AT(amqp_port),     "5672", 1, 65535, "of RabbitMQ"},
    {"AMQP_USER",     CONFIG_STR,    AT(amqp_user),     NULL,   0, 0,     "who we are there"},
    {"AMQP_PASSWORD", CONFIG_SECRET, AT(amqp_password), NULL,   0, 0,     "of that user"},
    {"AMQP_VHOST",    CONFIG_STR,    AT(amqp_vhost),    "/",    0, 0,     "virtual host"},
};

static const struct config_key redis_keys[] = {
    {"REDIS_HOST",     CONFIG_STR,    AT(redis_host),     NULL,   0, 0,     "Redis"},
    {"REDIS_PORT",     CONFIG_INT,    AT(redis_port),     "6379", 1, 65535, "of Redis"},
    {"REDIS_PASSWORD", CONFIG_SECRET, AT(redis_password), "",     0, 0,     "of Redis"},
};

static const struct config_key token_keys[] = {
    {"JWT_PUBLIC_KEY", CONFIG_SECRET, AT(jwt_public_key), NULL, 0, 0,
     "EC key on P-256 in PEM that access tokens are verified with"},
};
/* clang-format on */

/* Each group of the table, and whether a service needs it. */
static bool always(const struct service *s)
{
    (void)s;
    return true;
}

bool service_uses_bus(const struct service *s)
{
    return s->publishes || s->nsubscriptions > 0;
}

bool service_has_outbox(const struct service *s)
{
    return s->publishes || s->publishes_to_stream;
}

bool service_uses_redis(const struct service *s)
{
    return s->publishes_to_stream || s->stream;
}

bool service_uses_tokens(const struct service *s)
{
    for (size_t i = 0; i < s->nroutes; i++)
        if (s->routes[i].access == HTTP_USER || s->routes[i].access == HTTP_ADMIN)
            return true;
    return false;
}

static const struct group {
    const struct config_key *keys;
    size_t nkeys;
    bool (*wanted)(const struct service *s);
} groups[] = {
    {address_keys, COUNT(address_keys), always             },
    {common_keys,  COUNT(common_keys),  always             },
    {outbox_keys,  COUNT(outbox_keys),  service_has_outbox },
    {bus_keys,     COUNT(bus_keys),     service_uses_bus   },
    {redis_keys,   COUNT(redis_keys),   service_uses_redis },
    {token_keys,   COUNT(token_keys),   service_uses_tokens},
};

static void note(struct arena *a, const char **mistakes, const char *more)
{
    *mistakes = *mistakes ? arena_printf(a, "%s\n%s", *mistakes, more) : more;
}

/* Of containers the host is the distinct part: in each the process is number 1. */
static const char *instance_name(struct arena *a, const char *service)
{
    char host[HOST_NAME_MAX + 1] = "";

    gethostname(host, sizeof(host) - 1);
    return arena_printf(a, "%s-%s-%d", service, host, (int)getpid());
}

struct err service_config_load(struct arena *a, const struct service *s,
                               struct service_settings *out)
{
    const char *mistakes = NULL;
    struct err err;

    for (size_t i = 0; i < COUNT(groups); i++) {
        if (!groups[i].wanted(s))
            continue;
        err = config_load(a, groups[i].keys, groups[i].nkeys, out);
        if (err.code)
            note(a, &mistakes, err.msg);
    }
    err = config_load(a, s->keys, s->nkeys, s->settings);
    if (err.code)
        note(a, &mistakes, err.msg);
    if (!*out->instance)
        out->instance = instance_name(a, s->name);
    if (!log_init(s->name, out->instance, out->log_level))
        note(a, &mistakes, "LOG_LEVEL must be debug, info, warn or error");
    return mistakes ? (struct err){ERR_INVALID, mistakes} : OK;
}

struct err service_config_load_address(struct arena *a, struct service_settings *out)
{
    return config_load(a, address_keys, COUNT(address_keys), out);
}

void service_config_help(FILE *out, const struct service *s)
{
    fprintf(out,
            "usage: %s [--help | --version | --healthcheck]\n\n"
            "Serves until SIGTERM. --healthcheck asks the running instance whether it is ready.\n"
            "Settings are environment variables:\n\n",
            s->name);
    for (size_t i = 0; i < COUNT(groups); i++)
        if (groups[i].wanted(s))
            config_help(out, groups[i].keys, groups[i].nkeys);
    if (s->nkeys > 0)
        fprintf(out, "\nand of this service:\n\n");
    config_help(out, s->keys, s->nkeys);
}

void service_config_log(const struct service *s, const struct service_settings *settings)
{
    for (size_t i = 0; i < COUNT(groups); i++)
        if (groups[i].wanted(s))
            config_log(groups[i].keys, groups[i].nkeys, settings);
    config_log(s->keys, s->nkeys, s->settings);
}
