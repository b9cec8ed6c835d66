/* load.c - customers: their shopping list, and whether what they were told is true. */
#include "load.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "books.h"
#include "clock.h"
#include "findings.h"
#include "purchase.h"
#include "world.h"

enum {
    CUSTOMERS = 8,
    THREADS = 96,
    PATIENCE_S = 60,
    SCARCE = 25, /* of a product that runs out */
};

/* What customers want. Lines in both orders, for they lock the same stock. */
static const struct kind kinds[] = {
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
        .logs_in = rng_between(rng, 0, 100) < 5,
    };
}

struct load *load_new(struct rng *rng, int64_t run_ms, int rate)
{
    struct load *l = calloc(1, sizeof(*l));

    purchase_forget_answers(); /* of an earlier load */
    l->n = (size_t)(run_ms * rate / 1000);
    l->list = calloc(l->n, sizeof(*l->list));
    for (size_t i = 0; i < CUSTOMERS; i++)
        l->customers[i] = customer_new();
    for (int p = 0; p < PRODUCTS; p++)
        l->skus[p] = product_new(100 + 50 * p, p == FEW ? SCARCE : 1000000, p != HEAVY);
    for (size_t i = 0; i < l->n; i++)
        l->list[i] = plan_purchase(l, i, rate, rng);
    for (size_t i = 0; i < l->n; i++)
        l->list[i].token = l->list[i].customer->token;
    return l;
}

void load_free(struct load *l)
{
    free(l->list);
    free(l);
}

/* --- running ------------------------------------------------------------------ */

/* A thread for each request that may be under way; more due ones wait for a thread. */
static void *person(void *arg)
{
    struct load *l = arg;
    size_t i;

    while ((i = atomic_fetch_add(&l->next, 1)) < l->n) {
        purchase_sleep(l->began_ms + l->list[i].due_ms - clock_mono_ms());
        purchase_make(&l->list[i]);
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
    return purchase_place(arg);
}

static bool looked(void *arg)
{
    return purchase_look(arg);
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
