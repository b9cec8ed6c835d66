/* pool.c - what there is to ask for, and the people who ask. */
#include "pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

enum { REMEMBERED = 64, MAX_TOLD = 256, SAMPLES = 6 };

struct pool pool;

/* The last things of one kind; older ones are forgotten. */
struct memory {
    const char *kind; /* a tag, or "sku" */
    char ids[REMEMBERED][MAX_TOLD], cursors[REMEMBERED][MAX_TOLD];
    size_t nids, ncursors;
};

static struct memory memories[] = {
    {.kind = "user"},         {.kind = "order"},     {.kind = "payment"},
    {.kind = "notification"}, {.kind = "inventory"},
};

static struct memory *memory_of(const char *kind)
{
    for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++)
        if (strcmp(memories[i].kind, kind) == 0)
            return &memories[i];
    return NULL;
}

static void remember(char list[REMEMBERED][MAX_TOLD], size_t *n, const char *told)
{
    if (told && strlen(told) < MAX_TOLD)
        snprintf(list[(*n)++ % REMEMBERED], MAX_TOLD, "%s", told);
}

static const char *recall(struct rng *rng, char list[REMEMBERED][MAX_TOLD], size_t n)
{
    const size_t most = n < REMEMBERED ? n : REMEMBERED;

    return most > 0 ? list[rng_between(rng, 0, (int64_t)most)] : NULL;
}

const char *pool_id(struct rng *rng, const char *tag)
{
    struct memory *m = memory_of(tag);

    return m ? recall(rng, m->ids, m->nids) : NULL;
}

const char *pool_cursor(struct rng *rng, const char *tag)
{
    struct memory *m = memory_of(tag);

    return m ? recall(rng, m->cursors, m->ncursors) : NULL;
}

const char *pool_sku(struct rng *rng)
{
    return pool_id(rng, "inventory");
}

/* Of a product only when we made it: the sample catalogue is other tests'. */
static const char *name_of(const struct operation *op, const cJSON *thing)
{
    if (strcmp(op->tag, "inventory") != 0)
        return cJSON_GetStringValue(document_member(thing, "id"));
    return strcmp(op->id, "createProduct") == 0
               ? cJSON_GetStringValue(document_member(thing, "sku"))
               : NULL;
}

void pool_learn(const struct operation *op, const struct reply *r)
{
    struct memory *m = memory_of(op->tag);
    const cJSON *item;

    if (!m || r->status >= 300 || !r->json)
        return;
    remember(m->ids, &m->nids, name_of(op, r->json));
    cJSON_ArrayForEach (item, document_member(r->json, "items")) {
        remember(m->ids, &m->nids, name_of(op, item));
    }
    remember(m->cursors, &m->ncursors,
             cJSON_GetStringValue(document_member(r->json, "next_cursor")));
}

/* --- people --------------------------------------------------------------- */

static const char *log_in(const char *email, const char *password)
{
    struct reply r = client_send(
        &(struct request){.url = "/api/v1/sessions",
                          .body = text("{\"email\":\"%s\",\"password\":\"%s\"}", email, password)});
    const char *token;

    if (r.status != 201) {
        fprintf(stderr, "cannot log in %s: %d %s\n", email, r.status, r.body);
        exit(1);
    }
    token = text("%s", reply_str(&r, "access_token"));
    reply_free(&r);
    return token;
}

void pool_renew(void)
{
    pool.customer.token = text("%s", log_in(pool.customer.email, "correct horse"));
    pool.other.token = text("%s", log_in(pool.other.email, "correct horse"));
    pool.admin = log_in(world_env("ADMIN_EMAIL"), world_secret("ADMIN_PASSWORD_FILE"));
    forge_all(pool.customer.id, pool.customer.token, pool.forged);
}

void pool_fill(void)
{
    struct memory *products = memory_of("inventory"), *orders = memory_of("order");

    pool.customer = customer_new();
    pool.other = customer_new();
    pool_renew();
    for (int i = 0; i < SAMPLES; i++) {
        const char *sku = product_new(100 + i, 100000, i != 0);

        remember(products->ids, &products->nids, sku);
        remember(orders->ids, &orders->nids, order_new(&pool.customer, sku, 1, "pm_ok"));
    }
}

const char *pool_token(enum who who, size_t forged)
{
    switch (who) {
    case WHO_CUSTOMER: return pool.customer.token;
    case WHO_OTHER: return pool.other.token;
    case WHO_ADMIN: return pool.admin;
    case WHO_FORGED: return pool.forged[forged];
    case WHO_NOBODY: break;
    }
    return NULL;
}
