/* fake_store.c - store and outbox of the inventory service, in memory. Linked in place
 * of the real ones: the header is the interface, the linker chooses. */
#include "fake_store.h"

#include <string.h>

#include "arena.h"
#include "outbox.h"

struct fake fake;

struct err outbox_add(struct ctx *ctx, const struct outbox_event *e, const char **id)
{
    if (id)
        *id = arena_printf(ctx->arena, "event-%zu", fake.npublished + 1);
    fake.published[fake.npublished++] = e->type;
    fake.data = e->data;
    return OK;
}

struct product *fake_product(const char *sku)
{
    for (size_t i = 0; i < fake.nproducts; i++)
        if (strcmp(fake.products[i].sku, sku) == 0)
            return &fake.products[i];
    return NULL;
}

static struct err load(struct ctx *ctx, const char *sku, struct product *out)
{
    if (!fake_product(sku))
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no product %s", sku);
    *out = *fake_product(sku);
    return OK;
}

struct err store_find_product(struct ctx *ctx, const char *sku, struct product *out)
{
    return load(ctx, sku, out);
}

struct err store_find_products(struct ctx *ctx, const char *const skus[], size_t nskus,
                               struct product **out, size_t *n)
{
    *out = arena_array(ctx->arena, struct product, nskus);
    *n = 0;
    for (size_t i = 0; i < nskus; i++)
        if (fake_product(skus[i]))
            (*out)[(*n)++] = *fake_product(skus[i]);
    return OK;
}

struct err store_list_products(struct ctx *ctx, const char *after, int64_t limit,
                               struct product **out, size_t *n)
{
    *out = arena_array(ctx->arena, struct product, (size_t)limit);
    *n = 0;
    for (size_t i = 0; i < fake.nproducts && *n < (size_t)limit; i++)
        if (!after || strcmp(fake.products[i].sku, after) > 0)
            (*out)[(*n)++] = fake.products[i];
    return OK;
}

struct err store_insert_product(struct ctx *ctx, struct product *p)
{
    if (fake_product(p->sku))
        return err_new(ctx->arena, ERR_CONFLICT, "product %s exists already", p->sku);
    p->on_hand = p->initial;
    fake.products[fake.nproducts++] = *p;
    return OK;
}

struct err store_insert_catalogue(struct ctx *ctx, const struct product list[], size_t n)
{
    struct product p;
    struct err err = OK;

    for (size_t i = fake.nproducts ? n : 0; i < n && !err.code; i++) {
        p = list[i];
        err = store_insert_product(ctx, &p);
    }
    return err;
}

struct err store_change_product(struct ctx *ctx, const char *sku, const struct product_change *c,
                                struct product *out)
{
    struct product *p = fake_product(sku);

    if (p && c->name)
        p->name = c->name;
    if (p && c->price >= 0)
        p->price = c->price;
    if (p && c->shippable)
        p->shippable = *c->shippable;
    return load(ctx, sku, out);
}

struct err store_restock(struct ctx *ctx, const char *sku, int64_t quantity, struct product *out)
{
    struct product *p = fake_product(sku);

    if (p) {
        p->restocked += quantity;
        p->on_hand += quantity;
    }
    return load(ctx, sku, out);
}

struct err store_lock(struct ctx *ctx, const char *order_id, struct reservation *out)
{
    (void)ctx;
    *out = fake.reservation.state == INVENTORY_NONE ? reservation_new(order_id) : fake.reservation;
    out->lines = NULL;
    out->nlines = 0;
    return OK;
}

struct err store_lock_wanted(struct ctx *ctx, struct reservation *r)
{
    (void)ctx;
    for (size_t i = 0; i < r->nlines; i++)
        r->lines[i].product = fake_product(r->lines[i].sku);
    return OK;
}

struct err store_lock_reserved(struct ctx *ctx, struct reservation *r)
{
    r->lines = fake.lines;
    r->nlines = fake.reservation.nlines;
    return store_lock_wanted(ctx, r);
}

struct err store_save(struct ctx *ctx, const struct reservation *r, enum inventory_state from)
{
    const struct stock_change change = inventory_stock_change(from, r->state);

    (void)ctx;
    if (fake.save.code)
        return fake.save;
    if (change.reserved > 0)
        memcpy(fake.lines, r->lines, r->nlines * sizeof(r->lines[0]));
    for (size_t i = 0; i < r->nlines && (change.reserved || change.dispatched); i++) {
        struct product *p = fake_product(r->lines[i].sku);

        p->reserved += change.reserved * r->lines[i].quantity;
        p->dispatched += change.dispatched * r->lines[i].quantity;
        p->on_hand -= change.dispatched * r->lines[i].quantity;
    }
    fake.reservation = *r;
    fake.saves++;
    return OK;
}
