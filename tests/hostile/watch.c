/* watch.c - what must go on while somebody misbehaves. */
#include "watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum { MAX_WATCHED = 32, ORDER_EVERY = 20, BYSTANDER = 200 /* 127.0.0.200 */ };

struct watched {
    const char *name;
    int pid;
    long before_kib, most_kib;
};

static struct {
    struct watched list[MAX_WATCHED];
    size_t n;
    pthread_t thread;
    atomic_bool stop;
    atomic_uint served;
    enum watch_orders orders;
    struct customer customer;
    const char *sku;
    const char *failure; /* of the client, the first */
} watch;

/* --- processes ------------------------------------------------------------ */

/* The first number in the line of a file that begins with 'key' ("": the first line). */
static long number_in(const char *path, const char *key)
{
    char line[256];
    long value = -1;
    FILE *f = fopen(path, "r");

    while (f && value < 0 && fgets(line, sizeof(line), f))
        if (strncmp(line, key, strlen(key)) == 0)
            value = strtol(line + strlen(key), NULL, 10);
    if (f)
        fclose(f);
    return value;
}

static int pid_of(const char *instance)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s/supervise/pid", world_env("SERVICE_DIR"), instance);
    return (int)number_in(path, "");
}

/* Of the process and its children: nginx works in those. */
static long resident_kib(int pid)
{
    char path[64], children[512] = "", *next = children, *end;
    long kib;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    kib = number_in(path, "VmRSS:");
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    f = fopen(path, "r");
    if (f && !fgets(children, sizeof(children), f))
        children[0] = '\0';
    if (f)
        fclose(f);
    for (long child; (child = strtol(next, &end, 10)) > 0; next = end) {
        snprintf(path, sizeof(path), "/proc/%ld/status", child);
        kib += number_in(path, "VmRSS:");
    }
    return kib;
}

/* Which belong to us: the five services and the gateway, not the servers behind them. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"user",    "order",        "inventory",
                                       "payment", "notification", "gateway"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strncmp(name, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

static void find_processes(void)
{
    char *rest;

    watch.n = 0;
    if (in_containers())
        return;
    rest = text("%s", world_env("INSTANCES"));
    for (const char *name; (name = strsep(&rest, " ")) != NULL;) {
        struct watched *w = &watch.list[watch.n];

        if (!is_ours(name) || watch.n == MAX_WATCHED)
            continue;
        *w = (struct watched){.name = name, .pid = pid_of(name)};
        w->before_kib = w->most_kib = resident_kib(w->pid);
        assert_true(w->before_kib > 0);
        watch.n++;
    }
}

static void look(void)
{
    for (size_t i = 0; i < watch.n; i++) {
        const long now = resident_kib(watch.list[i].pid);

        if (now > watch.list[i].most_kib)
            watch.list[i].most_kib = now;
    }
}

/* --- the client ----------------------------------------------------------- */

static void serve_me(const struct request *r, int status)
{
    struct request mine = *r;
    struct reply reply;

    mine.from = getenv("CLIENT_ADDRESSES_HIDDEN") ? NULL : text("127.0.0.%d", BYSTANDER);
    reply = client_send(&mine);
    if (reply.status == status)
        atomic_fetch_add(&watch.served, 1);
    else if (!watch.failure)
        watch.failure = text("%s: %d where %d was due: %s", r->url, reply.status, status,
                             reply.body ? reply.body : "");
    reply_free(&reply);
}

static void *bystander(void *unused)
{
    for (unsigned i = 0; !atomic_load(&watch.stop); i++) {
        serve_me(&(struct request){.url = "/api/v1/products?limit=1"}, 200);
        serve_me(&(struct request){.url = "/api/v1/orders", .token = watch.customer.token}, 200);
        if (watch.orders == WATCH_ORDERS_TOO && i % ORDER_EVERY == 0)
            serve_me(&(struct request){.url = "/api/v1/orders",
                                       .token = watch.customer.token,
                                       .body = order_body(watch.sku, 1, "pm_ok")},
                     201);
        look();
    }
    return unused;
}

void watch_begin(enum watch_orders orders)
{
    if (!watch.sku) {
        watch.customer = customer_new();
        watch.sku = product_new(100, 100000, true);
    }
    watch.orders = orders;
    watch.failure = NULL;
    atomic_store(&watch.stop, false);
    atomic_store(&watch.served, 0);
    find_processes();
    assert_int_equal(pthread_create(&watch.thread, NULL, bystander, NULL), 0);
}

unsigned watch_served(void)
{
    return atomic_load(&watch.served);
}

/* What a sanitizer keeps of freed memory says nothing of the program. */
static bool sanitized(void)
{
    const char *mode = getenv("MODE");

    return mode && (strcmp(mode, "asan") == 0 || strcmp(mode, "tsan") == 0);
}

void watch_end(void)
{
    atomic_store(&watch.stop, true);
    pthread_join(watch.thread, NULL);
    print_message("    others were served %u times\n", watch_served());
    if (watch.failure)
        fail_msg("another client was not served: %s", watch.failure);
    for (size_t i = 0; i < watch.n; i++) {
        const struct watched *w = &watch.list[i];
        const long gained = w->most_kib - w->before_kib;
        const int most = strcmp(w->name, "gateway") == 0 ? WATCH_GATEWAY_MIB : WATCH_SERVICE_MIB;

        print_message("    %-14s %6ld KiB, and up to %ld more\n", w->name, w->before_kib, gained);
        if (pid_of(w->name) != w->pid)
            fail_msg("%s is another process than before", w->name);
        if (gained > most * 1024L && !sanitized())
            fail_msg("%s gained %ld KiB", w->name, gained);
    }
}
