/* usecases.c - what the inventory service does, one function for each operation. */
#include "usecases.h"

#include "arena.h"
#include "catalogue.h"
#include "id.h"
#include "outbox.h"
#include "wire.h"

struct err product_create(struct ctx *ctx, struct product *p)
{
    return store_insert_product(ctx, p);
}

struct err product_change(struct ctx *ctx, const char *sku, const struct product_change *c,
                          struct product *out)
{
    if (!c->name && c->price < 0 && !c->shippable)
        return (struct err){ERR_INVALID, "give at least one of price, name and shippable"};
    return store_change_product(ctx, sku, c, out);
}

struct err product_restock(struct ctx *ctx, const char *sku, int64_t quantity, struct product *out)
{
    return store_restock(ctx, sku, quantity, out);
}

struct err catalogue_load(struct ctx *ctx)
{
    return store_insert_catalogue(ctx, catalogue, ncatalogue);
}

static void name_what_is_new(struct ctx *ctx, struct reservation *r)
{
    if (r->state == INVENTORY_RESERVED)
        r->reservation_id = id_new(ctx->arena);
    if (r->state == INVENTORY_DISPATCHED) {
        char *number = arena_alloc(ctx->arena, INVENTORY_TRACKING_LEN + 1);

        r->shipment_id = id_new(ctx->arena);
        inventory_tracking_number(r->shipment_id, number);
        r->tracking_number = number;
    }
}

/* Move, save, answer: what all events come to. */
static struct err settle(struct ctx *ctx, struct reservation *r, enum inventory_event e,
                         struct refusal refusal)
{
    const enum inventory_state from = r->state;

    if (inventory_apply(r, e, refusal)) {
        struct err err;

        name_what_is_new(ctx, r);
        err = store_save(ctx, r, from);
        if (err.code)
            return err;
    }
    return outbox_add(ctx,
                      &(struct outbox_event){
                          .type = inventory_announcement(r->state),
                          .subject = r->order_id,
                          .data = wire_announcement(ctx, r),
                      },
                      NULL);
}

struct err inventory_reserve(struct ctx *ctx, struct reservation *r)
{
    int repeated = inventory_repeated_line(r);
    struct refusal refusal = {NULL, ""};
    struct reservation known;
    struct err err;

    if (repeated >= 0)
        return err_new(ctx->arena, ERR_INVALID, "lines[%d].sku: %s is in an earlier line already",
                       repeated, r->lines[repeated].sku);
    err = store_lock(ctx, r->order_id, &known);
    if (err.code)
        return err;
    if (known.state != INVENTORY_NONE)
        return settle(ctx, &known, INVENTORY_RESERVE, refusal);

    err = store_lock_wanted(ctx, r);
    if (err.code)
        return err;
    return settle(ctx, r, INVENTORY_RESERVE, inventory_check_stock(r));
}

/* What the order has, with its lines where there is stock to move. */
static struct err lock_with_stock(struct ctx *ctx, const char *order_id, struct reservation *r)
{
    struct err err;

    err = store_lock(ctx, order_id, r);
    if (err.code || r->state != INVENTORY_RESERVED)
        return err;
    return store_lock_reserved(ctx, r);
}

struct err inventory_release(struct ctx *ctx, const char *order_id)
{
    struct reservation r;
    struct err err;

    err = lock_with_stock(ctx, order_id, &r);
    if (err.code)
        return err;
    return settle(ctx, &r, INVENTORY_RELEASE, (struct refusal){NULL, ""});
}

struct err inventory_ship(struct ctx *ctx, const char *order_id)
{
    struct reservation r;
    struct err err;

    err = lock_with_stock(ctx, order_id, &r);
    if (err.code)
        return err;
    return settle(ctx, &r, INVENTORY_SHIP, inventory_check_shipping(&r));
}
