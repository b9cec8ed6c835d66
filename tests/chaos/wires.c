/* wires.c - the connections that go through proxies, as a table. */
#include "wires.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy.h"
#include "world.h"

/* How a service is led over a wire: by which settings of its own. */
enum lead { AMQP, REDIS, DATABASE, URL, UPSTREAM };

/* clang-format off */
static const struct edge {
    const char *name, *who;
    enum lead lead;
    const char *setting; /* of a URL or an upstream */
    const char *port;    /* at the far end, as the tests' environment calls it */
} edges[] = {
    {"gateway-user", "gateway", UPSTREAM, "USER_SERVERS", "USER_1_PORT"},
    {"gateway-order", "gateway", UPSTREAM, "ORDER_SERVERS", "ORDER_1_PORT"},
    {"gateway-inventory", "gateway", UPSTREAM, "INVENTORY_SERVERS", "INVENTORY_1_PORT"},
    {"gateway-payment", "gateway", UPSTREAM, "PAYMENT_SERVERS", "PAYMENT_1_PORT"},
    {"gateway-notification", "gateway", UPSTREAM, "NOTIFICATION_SERVERS", "NOTIFICATION_1_PORT"},
    {"user-postgres", "user", DATABASE, NULL, "POSTGRES_PORT"},
    {"order-postgres", "order", DATABASE, NULL, "POSTGRES_PORT"},
    {"order-rabbitmq", "order", AMQP, NULL, "RABBITMQ_PORT"},
    {"order-redis", "order", REDIS, NULL, "REDIS_PORT"},
    {"order-user", "order", URL, "USER_URL", "USER_1_PORT"},
    {"order-inventory", "order", URL, "INVENTORY_URL", "INVENTORY_1_PORT"},
    {"inventory-postgres", "inventory", DATABASE, NULL, "POSTGRES_PORT"},
    {"inventory-rabbitmq", "inventory", AMQP, NULL, "RABBITMQ_PORT"},
    {"payment-postgres", "payment", DATABASE, NULL, "POSTGRES_PORT"},
    {"payment-rabbitmq", "payment", AMQP, NULL, "RABBITMQ_PORT"},
    {"payment-provider", "payment", URL, "PROVIDER_URL", "PROVIDER_PORT"},
    {"notification-postgres", "notification", DATABASE, NULL, "POSTGRES_PORT"},
    {"notification-redis", "notification", REDIS, NULL, "REDIS_PORT"},
    {"notification-user", "notification", URL, "USER_URL", "USER_1_PORT"},
};
/* clang-format on */

enum { EDGES = sizeof(edges) / sizeof(edges[0]), SLOW_MS = 80, FAST_MS = 5 };

/* What the tests know as <SERVICE>_DATABASE_URL is the superuser's, and must not be taken
 * for a setting of the service. Images are what they were. */
static const char PLAIN[] = "env -u USER_DATABASE_URL -u ORDER_DATABASE_URL "
                            "-u INVENTORY_DATABASE_URL -u PAYMENT_DATABASE_URL "
                            "-u NOTIFICATION_DATABASE_URL NO_BUILD=images";

static struct proxy *proxies[EDGES];
static bool slow[EDGES], stopping; /* under the lock, for a proxy obeys one at a time */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t stutterer;

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

static bool all_slow_ones(enum proxy_mode mode)
{
    bool stop;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < EDGES; i++)
        if (slow[i])
            proxy_set(proxies[i], mode);
    stop = stopping;
    pthread_mutex_unlock(&lock);
    return !stop;
}

/* A delay, as the two ends see it: what is sent waits until the wire opens again. */
static void *stutter(void *arg)
{
    while (all_slow_ones(PROXY_HOLD)) {
        pause_ms(SLOW_MS);
        all_slow_ones(PROXY_PASS);
        pause_ms(FAST_MS);
    }
    return arg;
}

/* --- laying -------------------------------------------------------------------- */

/* Where the near ends are, for those who speak. */
static const char *address(void)
{
    return in_containers() ? world_env("CONTAINERS_HOST") : "127.0.0.1";
}

/* What leads over the wires: variables of a service, which infra/stack.sh knows by the same
 * names with the service's before them. */
static struct setting {
    const char *who, *name, *value;
} settings[2 * EDGES];
static size_t nsettings;

static void add(const char *who, const char *name, const char *value)
{
    settings[nsettings++] = (struct setting){who, name, value};
}

static void lead_over(const struct edge *e, int port)
{
    const char *host = address(), *number = text("%d", port);

    switch (e->lead) {
    case AMQP:
        add(e->who, "AMQP_HOST", host);
        add(e->who, "AMQP_PORT", number);
        break;
    case REDIS:
        add(e->who, "REDIS_HOST", host);
        add(e->who, "REDIS_PORT", number);
        break;
    case DATABASE:
        add(e->who, "DATABASE_URL",
            text("postgresql://waybill_%s@%s:%d/waybill_%s", e->who, host, port, e->who));
        break;
    case URL: add(e->who, e->setting, text("http://%s:%d", host, port)); break;
    case UPSTREAM:
        add(e->who, e->setting, text("server %s:%d max_fails=3 fail_timeout=3s;", host, port));
        break;
    }
}

static const char *upper(const char *s)
{
    char *copy = text("%s", s);

    for (char *p = copy; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return copy;
}

/* ORDER_AMQP_PORT=1234, for infra/stack.sh. */
static const char *for_processes(void)
{
    const char *all = "";

    for (size_t i = 0; i < nsettings; i++)
        all =
            text("%s %s_%s='%s'", all, upper(settings[i].who), settings[i].name, settings[i].value);
    return all;
}

static const char *file_for_containers(void)
{
    return text("%s/wires.yml", world_env("STATE"));
}

/* Each service's settings are next to each other. */
static void write_for_containers(void)
{
    FILE *f = fopen(file_for_containers(), "w");
    const char *who = "";

    if (!f) {
        perror(file_for_containers());
        abort();
    }
    fputs("services:\n", f);
    for (size_t i = 0; i < nsettings; i++) {
        if (strcmp(who, settings[i].who) != 0)
            fprintf(f, "  %s:\n    environment:\n", settings[i].who);
        who = settings[i].who;
        fprintf(f, "      %s%s: '%s'\n", strcmp(who, "gateway") == 0 ? "GATEWAY_" : "",
                settings[i].name, settings[i].value);
    }
    fclose(f);
}

static void bring_up(const char *with)
{
    const char *command = text("%s %s %s up >/dev/null", PLAIN, with, world_env("STACK_COMMAND"));

    if (system(command) != 0) /* NOLINT(cert-env33-c): a script is what we want to run */
        fail_msg("failed: %s", command);
}

/* Tokens last as long as a run does. */
void wires_lay(const char *with)
{
    nsettings = 0;
    stopping = false;
    for (size_t i = 0; i < EDGES; i++) {
        proxies[i] = proxy_open_at(address(), "127.0.0.1", world_port(edges[i].port));
        lead_over(&edges[i], proxy_port(proxies[i]));
    }
    if (in_containers())
        write_for_containers();
    else
        with = text("%s %s", with, for_processes());
    bring_up(text("USER_TOKEN_TTL_S=86400 %s", with));
    pthread_create(&stutterer, NULL, stutter, NULL);
}

void wires_remove(void)
{
    if (in_containers())
        remove(file_for_containers());
    bring_up("");
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_mutex_unlock(&lock);
    pthread_join(stutterer, NULL);
    for (size_t i = 0; i < EDGES; i++) {
        slow[i] = false;
        proxy_close(proxies[i]);
    }
}

/* --- breaking ------------------------------------------------------------------ */

const char *wire_name(size_t i)
{
    return i < EDGES ? edges[i].name : NULL;
}

static bool set(const char *wire, enum proxy_mode mode, bool slowly)
{
    for (size_t i = 0; i < EDGES; i++) {
        if (strcmp(edges[i].name, wire) != 0)
            continue;
        pthread_mutex_lock(&lock);
        slow[i] = slowly;
        proxy_set(proxies[i], mode);
        pthread_mutex_unlock(&lock);
        return true;
    }
    return false;
}

bool wire_cut(const char *wire)
{
    return set(wire, PROXY_CUT, false);
}

bool wire_hold(const char *wire)
{
    return set(wire, PROXY_HOLD, false);
}

bool wire_mute(const char *wire)
{
    return set(wire, PROXY_MUTE, false);
}

bool wire_slow(const char *wire)
{
    return set(wire, PROXY_PASS, true);
}

bool wire_pass(const char *wire)
{
    return set(wire, PROXY_PASS, false);
}
