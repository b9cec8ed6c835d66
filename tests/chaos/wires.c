/* wires.c - the connections that go through proxies, as a table. */
#include "wires.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proxy.h"
#include "world.h"

/* Which setting of infra/stack.sh leads a service over the wire, and which of the stack's
 * ports is at its far end. */
/* clang-format off */
static const struct {
    const char *name, *setting, *before, *after, *port;
} edges[] = {
    {"order-rabbitmq", "ORDER_AMQP_PORT", "", "", "RABBITMQ_PORT"},
    {"inventory-rabbitmq", "INVENTORY_AMQP_PORT", "", "", "RABBITMQ_PORT"},
    {"payment-rabbitmq", "PAYMENT_AMQP_PORT", "", "", "RABBITMQ_PORT"},
    {"order-postgres", "ORDER_DATABASE_URL", "postgresql://waybill_order@127.0.0.1:", "/waybill_order", "POSTGRES_PORT"},
    {"inventory-postgres", "INVENTORY_DATABASE_URL", "postgresql://waybill_inventory@127.0.0.1:", "/waybill_inventory", "POSTGRES_PORT"},
    {"payment-postgres", "PAYMENT_DATABASE_URL", "postgresql://waybill_payment@127.0.0.1:", "/waybill_payment", "POSTGRES_PORT"},
    {"payment-provider", "PAYMENT_PROVIDER_URL", "http://127.0.0.1:", "", "PROVIDER_PORT"},
    {"order-inventory", "ORDER_INVENTORY_URL", "http://127.0.0.1:", "", "INVENTORY_1_PORT"},
    {"order-redis", "ORDER_REDIS_PORT", "", "", "REDIS_PORT"},
    {"notification-redis", "NOTIFICATION_REDIS_PORT", "", "", "REDIS_PORT"},
};
/* clang-format on */

enum { EDGES = sizeof(edges) / sizeof(edges[0]), SLOW_MS = 80, FAST_MS = 5 };

/* What the tests know as <SERVICE>_DATABASE_URL is the superuser's, and must not be taken
 * for a setting of the service. */
static const char PLAIN[] = "env -u USER_DATABASE_URL -u ORDER_DATABASE_URL "
                            "-u INVENTORY_DATABASE_URL -u PAYMENT_DATABASE_URL "
                            "-u NOTIFICATION_DATABASE_URL";

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

static void restart_services(const char *settings)
{
    const char *command =
        text("%s %s %s up >/dev/null", PLAIN, settings, world_env("STACK_COMMAND"));

    if (system(command) != 0) /* NOLINT(cert-env33-c): a script is what we want to run */
        fail_msg("failed: %s", command);
}

bool wires_possible(void)
{
    return getenv("SERVICE_DIR") != NULL; /* runit's folder, which containers do not have */
}

void wires_lay(void)
{
    const char *settings = "USER_TOKEN_TTL_S=86400";

    if (!wires_possible()) {
        restart_services(settings);
        return;
    }
    for (size_t i = 0; i < EDGES; i++) {
        proxies[i] = proxy_open("127.0.0.1", world_port(edges[i].port));
        settings = text("%s %s=%s%d%s", settings, edges[i].setting, edges[i].before,
                        proxy_port(proxies[i]), edges[i].after);
    }
    restart_services(settings);
    pthread_create(&stutterer, NULL, stutter, NULL);
}

void wires_remove(void)
{
    restart_services("");
    if (!wires_possible())
        return;
    pthread_mutex_lock(&lock);
    stopping = true;
    pthread_mutex_unlock(&lock);
    pthread_join(stutterer, NULL);
    for (size_t i = 0; i < EDGES; i++)
        proxy_close(proxies[i]);
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
