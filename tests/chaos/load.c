/* load.c - customers: what they buy, how they insist, what they were told. */
#include "load.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "clock.h"
#include "findings.h"
#include "world.h"

enum {
    CUSTOMERS = 8,
    THREADS = 96,
    TRIES = 8,
    PATIENCE_S = 60,
    SCARCE = 25, /* of a product that runs out */
    UUID_LEN = 36,
};

enum product { PLENTY, ANOTHER, FEW, HEAVY, PRODUCTS };

/* What customers want. Lines in both orders, for they lock the same stock. */
static const struct kind {
    int share; /* of 100 */
    const char *method;
    enum product first, second; /* twice the same: one line */
    int may_cancel;             /* of 100 */
    bool may_ship;
} kinds[] = {
    {30, "pm_ok",                 PLENTY,  PLENTY,  0,   true },
    {10, "pm_ok",                 PLENTY,  ANOTHER, 0,   true },
    {10, "pm_ok",                 ANOTHER, PLENTY,  10,  true },
    {14, "pm_ok",                 PLENTY,  PLENTY,  100, true },
    {6,  "pm_declined",           PLENTY,  PLENTY,  10,  false},
    {4,  "pm_insufficient_funds", PLENTY,  PLENTY,  0,   false},
    {4,  "pm_slow",               PLENTY,  PLENTY,  30,  true },
    {6,  "pm_flaky",              PLENTY,  PLENTY,  20,  true },
    {2,  "pm_down",               PLENTY,  PLENTY,  20,  false},
    {8,  "pm_ok",                 FEW,     FEW,     0,   true },
    {6,  "pm_ok",                 HEAVY,   HEAVY,   10,  false},
};

enum request_kind { PLACE, REPEAT, CANCEL, LOOK, REQUESTS };
const char *const load_requests[] = {"order", "order again, same key", "cancel", "look", NULL};
static _Atomic int64_t answers[REQUESTS][LOAD_STATUSES];

struct purchase {
    const struct kind *kind;
    const struct customer *customer;
    const char *key, *body;
    int64_t due_ms;                 /* from the start */
    int64_t cancel_after_ms;        /* -1: never */
    bool repeats, looks;            /* what the customer does besides */
    int64_t accepted_ms;            /* 0: not yet */
    char id[UUID_LEN + 1];          /* "" until it is known */
    bool heard_shipped, heard_over; /* over, and not shipped: cancelled */
};

struct load {
    struct customer customers[CUSTOMERS];
    const char *skus[PRODUCTS];
    struct purchase *list;
    size_t n, unclear;
    _Atomic size_t next;
    int64_t began_ms;
    pthread_t threads[THREADS];
};

/* --- the shopping list -------------------------------------------------------- */

static const struct kind *pick_kind(struct rng *rng)
{
    int64_t at = rng_between(rng, 0, 100);
    size_t i = 0;

    while (at >= kinds[i].share)
        at -= kinds[i++].share;
    return &kinds[i];
}

static const char *body_of(const struct load *l, const struct kind *k, struct rng *rng)
{
    const char *first = l->skus[k->first], *second = l->skus[k->second];
    const int64_t quantity = rng_between(rng, 1, 4);

    if (first == second)
        return order_body(first, quantity, k->method);
    return text("{\"lines\":[{\"sku\":\"%s\",\"quantity\":%" PRId64 "},"
                "{\"sku\":\"%s\",\"quantity\":1}],\"payment_method\":\"%s\"}",
                first, quantity, second, k->method);
}

static struct purchase plan_purchase(const struct load *l, size_t i, int rate, struct rng *rng)
{
    const struct kind *k = pick_kind(rng);
    const bool cancels = rng_between(rng, 0, 100) < k->may_cancel;

    return (struct purchase){
        .kind = k,
        .customer = &l->customers[rng_between(rng, 0, CUSTOMERS)],
        .key = text("chaos-%s-%zu", l->skus[0], i),
        .body = body_of(l, k, rng),
        .due_ms = (int64_t)i * 1000 / rate,
        .cancel_after_ms = cancels ? rng_between(rng, 0, 1500) : -1,
        .repeats = rng_between(rng, 0, 100) < 15,
        .looks = rng_between(rng, 0, 100) < 20,
    };
}

struct load *load_new(struct rng *rng, int64_t run_ms, int rate)
{
    struct load *l = calloc(1, sizeof(*l));

    l->n = (size_t)(run_ms * rate / 1000);
    l->list = calloc(l->n, sizeof(*l->list));
    for (size_t i = 0; i < CUSTOMERS; i++)
        l->customers[i] = customer_new();
    for (int p = 0; p < PRODUCTS; p++)
        l->skus[p] = product_new(100 + 50 * p, p == FEW ? SCARCE : 1000000, p != HEAVY);
    for (size_t i = 0; i < l->n; i++)
        l->list[i] = plan_purchase(l, i, rate, rng);
    return l;
}

void load_free(struct load *l)
{
    free(l->list);
    free(l);
}

/* --- asking ------------------------------------------------------------------- */

static void sleep_ms(int64_t ms)
{
    if (ms > 0)
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static struct reply ask(const struct purchase *p, enum request_kind kind, const char *more)
{
    const bool order = kind == PLACE || kind == REPEAT;
    const char *path = order ? "" : text("/%s%s", p->id, more);
    struct reply r = client_send(&(struct request){
        .method = kind == LOOK ? "GET" : "POST",
        .url = text("/api/v1/orders%s", path),
        .token = p->customer->token,
        .key = order ? p->key : NULL,
        .body = order ? p->body : NULL,
    });

    atomic_fetch_add(&answers[kind][r.status < LOAD_STATUSES ? r.status : 0], 1);
    return r;
}

int64_t load_answers(size_t request, int status)
{
    return atomic_load(&answers[request][status]);
}

static const char *member(const struct reply *r, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->json, name));

    return value ? value : "";
}

/* Nothing, or "later", or "somebody is at it": then one tries again. */
static bool is_passing(int status)
{
    return status == 0 || status == 409 || status == 429 || status >= 502;
}

static bool learn_id(struct purchase *p, const struct reply *r)
{
    const char *id = member(r, "id");

    if (strlen(id) != UUID_LEN)
        finding("key %s: an order without an id: %s", p->key, r->body);
    else if (!*p->id)
        memcpy(p->id, id, UUID_LEN + 1);
    else if (strcmp(p->id, id) != 0)
        finding("key %s made two orders: %s and %s", p->key, p->id, id);
    return true;
}

/* True when there is nothing more to be done about it. */
static bool place(struct purchase *p, enum request_kind kind)
{
    struct reply r = ask(p, kind, "");
    bool clear = !is_passing(r.status);

    if (r.status == 201)
        clear = learn_id(p, &r);
    else if (clear)
        finding("key %s: status %d: %s", p->key, r.status, r.body);
    if (r.status == 201 && !p->accepted_ms)
        p->accepted_ms = clock_mono_ms();
    reply_free(&r);
    return clear;
}

/* SHIPPED and CANCELLED are for ever: what was heard once must be heard again. */
static void hear_status(struct purchase *p, const char *status)
{
    const bool shipped = strcmp(status, "SHIPPED") == 0;

    if (!shipped && strcmp(status, "CANCELLED") != 0) {
        if (p->heard_over)
            finding("order %s was over and is %s", p->id, status);
        return;
    }
    if (p->heard_over && p->heard_shipped != shipped)
        finding("order %s was %s and is %s", p->id, p->heard_shipped ? "SHIPPED" : "CANCELLED",
                status);
    if (shipped && !p->kind->may_ship)
        finding("order %s (%s) was shipped and must not be", p->id, p->kind->method);
    p->heard_over = true;
    p->heard_shipped = shipped;
}

static bool look(struct purchase *p)
{
    struct reply r = ask(p, LOOK, "");
    bool clear = !is_passing(r.status);

    if (r.status == 200)
        hear_status(p, member(&r, "status"));
    else if (clear)
        finding("order %s, accepted, but: status %d: %s", p->id, r.status, r.body);
    reply_free(&r);
    return clear;
}

/* 409 says "shipped already" here; in doubt one may ask twice. */
static bool cancel(struct purchase *p)
{
    struct reply r = ask(p, CANCEL, "/cancel");
    bool clear = r.status == 409 || !is_passing(r.status);

    if (r.status == 409)
        hear_status(p, "SHIPPED");
    else if (r.status == 200 || r.status == 202)
        hear_status(p, member(&r, "status"));
    else if (clear)
        finding("cancel of %s: status %d: %s", p->id, r.status, r.body);
    reply_free(&r);
    return clear;
}

static bool insist(struct purchase *p)
{
    for (int i = 0; i < TRIES; i++) {
        if (place(p, PLACE))
            return true;
        sleep_ms(INT64_C(100) << (i < 5 ? i : 5));
    }
    return false;
}

/* --- running ------------------------------------------------------------------ */

static void shop(struct purchase *p)
{
    if (!insist(p))
        return;
    if (p->repeats)
        place(p, REPEAT);
    if (p->cancel_after_ms >= 0 && *p->id) {
        sleep_ms(p->cancel_after_ms);
        for (int i = 0; i < TRIES && !cancel(p); i++)
            sleep_ms(200);
    }
    if (p->looks && *p->id)
        look(p);
}

/* A thread for each request that may be under way; more due ones wait for a thread. */
static void *person(void *arg)
{
    struct load *l = arg;
    size_t i;

    while ((i = atomic_fetch_add(&l->next, 1)) < l->n) {
        sleep_ms(l->began_ms + l->list[i].due_ms - clock_mono_ms());
        shop(&l->list[i]);
    }
    return NULL;
}

void load_start(struct load *l)
{
    l->began_ms = clock_mono_ms();
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&l->threads[i], NULL, person, l) != 0)
            abort();
}

void load_join(struct load *l)
{
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(l->threads[i], NULL);
}

static bool placed(void *arg)
{
    return place(arg, PLACE);
}

static bool looked(void *arg)
{
    return look(arg);
}

void load_resolve(struct load *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct purchase *p = &l->list[i];

        if (*p->id)
            continue;
        l->unclear++;
        if (!await(placed, p, PATIENCE_S)) {
            finding("key %s: not accepted %d s after all was mended", p->key, PATIENCE_S);
            return; /* nor will the others be */
        }
    }
}

static void verify_purchase(struct purchase *p)
{
    if (!await(looked, p, PATIENCE_S))
        finding("order %s cannot be looked at", p->id);
    else if (!p->heard_over)
        finding("order %s is not over", p->id);
}

/* One order for each key, and no other. */
static void verify_customer(const struct load *l, const struct customer *c)
{
    const int64_t there =
        sql_int_of("order", "SELECT count(*) FROM orders WHERE user_id = $1::uuid", c->id);
    int64_t keys = 0;

    for (size_t i = 0; i < l->n; i++)
        keys += l->list[i].customer == c && *l->list[i].id;
    if (there != keys)
        finding("customer %s: %" PRId64 " keys made %" PRId64 " orders", c->id, keys, there);
}

void load_verify(struct load *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (*l->list[i].id)
            verify_purchase(&l->list[i]);
    for (size_t i = 0; i < CUSTOMERS; i++)
        verify_customer(l, &l->customers[i]);
}

/* --- for the report ------------------------------------------------------------ */

size_t load_orders(const struct load *l)
{
    return l->n;
}

size_t load_unclear(const struct load *l)
{
    return l->unclear;
}

int64_t load_first_accepted_after(const struct load *l, int64_t mono_ms)
{
    int64_t first = -1;

    for (size_t i = 0; i < l->n; i++) {
        const int64_t at = l->list[i].accepted_ms;

        if (at >= mono_ms && (first < 0 || at < first))
            first = at;
    }
    return first;
}
