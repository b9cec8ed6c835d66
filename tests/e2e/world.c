/* world.c - the stack under test, and what people do with it. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Well beyond the longest that anything may take when all is well: a saga's deadline is 25 s,
 * and RabbitMQ, killed twice, takes as long to come back. */
enum { AWAIT_S = 90, POLL_MS = 20 };

/* The strings of a test go with its program; the list keeps them in reach until then,
 * so that the leak checker sees no leak. */
char *text(const char *fmt, ...)
{
    static struct kept {
        struct kept *next;
        char *s;
    } * all;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct kept *k = malloc(sizeof(*k));
    va_list ap;

    va_start(ap, fmt);
    if (!k || vasprintf(&k->s, fmt, ap) < 0)
        abort();
    va_end(ap);
    pthread_mutex_lock(&lock);
    k->next = all;
    all = k;
    pthread_mutex_unlock(&lock);
    return k->s;
}

const char *world_env(const char *name)
{
    const char *value = getenv(name);

    if (!value || !*value) {
        fprintf(stderr, "%s is not set; run by: make test\n", name);
        exit(1);
    }
    return value;
}

int world_port(const char *name)
{
    return (int)strtol(world_env(name), NULL, 10);
}

bool in_containers(void)
{
    return getenv("SERVICE_DIR") == NULL; /* runit's folder, which containers do not have */
}

bool stack_did(const char *verb, const char *arguments)
{
    const char *command = text("%s %s %s >/dev/null", world_env("STACK_COMMAND"), verb, arguments);

    return system(command) == 0; /* NOLINT(cert-env33-c): a script is what we want to run */
}

void stack(const char *verb, const char *arguments)
{
    if (!stack_did(verb, arguments))
        fail_msg("failed: %s %s", verb, arguments);
}

const char *world_secret(const char *name)
{
    const char *path = world_env(name);
    char line[256] = "";
    FILE *f = fopen(path, "r");

    if (!f || !fgets(line, sizeof(line), f)) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    line[strcspn(line, "\n")] = '\0';
    return text("%s", line);
}

static char *log_in(const char *email, const char *password)
{
    struct reply r = client_send(
        &(struct request){.url = "/api/v1/sessions",
                          .body = text("{\"email\":\"%s\",\"password\":\"%s\"}", email, password)});
    char *token;

    if (r.status != 201)
        fail_msg("log in of %s: %d %s", email, r.status, r.body);
    token = text("%s", reply_str(&r, "access_token"));
    reply_free(&r);
    return token;
}

const struct world *world(void)
{
    static struct world w;

    if (!w.gateway) {
        w.gateway = world_env("GATEWAY_URL");
        w.admin = log_in(world_env("ADMIN_EMAIL"), world_secret("ADMIN_PASSWORD_FILE"));
    }
    return &w;
}

/* Distinct within a run and, by the time, between runs against the same stack. */
static int64_t unique(void)
{
    static int64_t last;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    int64_t us = now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
    last = us > last ? us : last + 1;
    return last;
}

struct customer customer_new(void)
{
    struct customer c = {.email = text("customer-%" PRId64 "@example.com", unique())};
    struct reply r = client_send(&(struct request){
        .url = "/api/v1/users",
        .body = text("{\"email\":\"%s\",\"name\":\"A customer\",\"password\":\"correct horse\"}",
                     c.email)});

    if (r.status != 201)
        fail_msg("register %s: %d %s", c.email, r.status, r.body);
    c.id = text("%s", reply_str(&r, "id"));
    c.token = log_in(c.email, "correct horse");
    reply_free(&r);
    return c;
}

const char *product_new(int64_t price, int64_t on_hand, bool shippable)
{
    const char *sku = text("T-%" PRId64, unique());
    struct reply r = client_send(&(struct request){
        .url = "/api/v1/products",
        .token = world()->admin,
        .body = text("{\"sku\":\"%s\",\"name\":\"A thing\",\"price\":%" PRId64
                     ",\"currency\":\"EUR\",\"on_hand\":%" PRId64 ",\"shippable\":%s}",
                     sku, price, on_hand, shippable ? "true" : "false")});

    if (r.status != 201)
        fail_msg("create product: %d %s", r.status, r.body);
    reply_free(&r);
    return sku;
}

const char *order_body(const char *sku, int64_t quantity, const char *payment_method)
{
    return text("{\"lines\":[{\"sku\":\"%s\",\"quantity\":%" PRId64 "}],\"payment_method\":\"%s\"}",
                sku, quantity, payment_method);
}

struct reply order_try(const struct customer *c, const char *key, const char *body)
{
    return client_send(
        &(struct request){.url = "/api/v1/orders", .token = c->token, .key = key, .body = body});
}

const char *order_new(const struct customer *c, const char *sku, int64_t quantity,
                      const char *payment_method)
{
    struct reply r =
        order_try(c, text("key-%" PRId64, unique()), order_body(sku, quantity, payment_method));
    const char *id;

    if (r.status != 201)
        fail_msg("place order: %d %s", r.status, r.body);
    assert_string_equal(reply_str(&r, "status"), "PENDING");
    id = text("%s", reply_str(&r, "id"));
    reply_free(&r);
    return id;
}

static struct reply get_order(const struct customer *c, const char *order_id, const char *more)
{
    char url[128];

    snprintf(url, sizeof(url), "/api/v1/orders/%s%s", order_id, more);
    return client_send(&(struct request){.url = url, .token = c->token});
}

const char *order_status(const struct customer *c, const char *order_id)
{
    static const char *const names[] = {"PENDING", "CONFIRMED", "CANCELLING", "SHIPPED",
                                        "CANCELLED"};
    struct reply r = get_order(c, order_id, "");
    const char *status = r.status == 200 ? reply_str(&r, "status") : "?", *found = "?";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(status, names[i]) == 0)
            found = names[i];
    reply_free(&r);
    return found;
}

bool await(bool (*condition)(void *), void *arg, int seconds)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    const time_t deadline = time(NULL) + seconds;
    bool met = condition(arg);

    while (!met && time(NULL) <= deadline) {
        nanosleep(&pause, NULL);
        met = condition(arg);
    }
    return met;
}

static bool healthy(void *arg)
{
    struct reply r = client_send(&(struct request){.url = "/healthz"});
    const bool ready = r.status == 200;

    (void)arg;
    reply_free(&r);
    return ready;
}

void await_healthy(void)
{
    if (!await(healthy, NULL, AWAIT_S))
        fail_msg("not every service is ready after %d s", AWAIT_S);
}

struct wish {
    const struct customer *c;
    const char *order_id, *status; /* NULL: any that is the end */
};

static bool granted(void *arg)
{
    const struct wish *w = arg;
    const char *now = order_status(w->c, w->order_id);

    if (w->status)
        return strcmp(now, w->status) == 0;
    return strcmp(now, "SHIPPED") == 0 || strcmp(now, "CANCELLED") == 0;
}

static void await_wish(struct wish w)
{
    struct reply r;

    if (await(granted, &w, AWAIT_S))
        return;
    r = get_order(w.c, w.order_id, "/timeline");
    fail_msg("order %s is not %s after %d s: %s", w.order_id, w.status ? w.status : "over", AWAIT_S,
             r.body);
}

void await_status(const struct customer *c, const char *order_id, const char *status)
{
    await_wish((struct wish){c, order_id, status});
}

void await_over(const struct customer *c, const char *order_id)
{
    await_wish((struct wish){c, order_id, NULL});
}

bool timeline_has(const struct customer *c, const char *order_id, const char *type)
{
    struct reply r = get_order(c, order_id, "/timeline");
    bool found = false;

    assert_int_equal(r.status, 200);
    for (size_t i = 0; i < reply_count(&r, "items") && !found; i++) {
        char path[32];

        snprintf(path, sizeof(path), "items.%zu.type", i);
        found = strcmp(reply_str(&r, path), type) == 0;
    }
    reply_free(&r);
    return found;
}

void expect_problem(const struct request *r, int status, const char *detail_has)
{
    struct reply reply = client_send(r);
    const char *type;

    if (reply.status != status)
        fail_msg("%s %s: %d where %d was due: %s", r->method ? r->method : "", r->url, reply.status,
                 status, reply.body);
    type = reply_header(&reply, "Content-Type");
    assert_non_null(type);
    assert_string_equal(type, "application/problem+json");
    assert_int_equal(reply_int(&reply, "status"), status);
    assert_true(*reply_str(&reply, "title"));
    if (!strstr(reply_str(&reply, "detail"), detail_has))
        fail_msg("%s: \"%s\" is not in: %s", r->url, detail_has, reply.body);
    reply_free(&reply);
}
