/* fake_store.c - store, outbox and peers of the order service, in memory. Linked in
 * place of the real ones: the header is the interface, the linker chooses. */
#include "fake_store.h"

#include <string.h>

#include "arena.h"
#include "outbox.h"
#include "peers.h"

struct fake fake;

struct err peers_check_user(struct ctx *ctx, const char *user_id)
{
    (void)ctx, (void)user_id;
    return fake.user;
}

struct err peers_price(struct ctx *ctx, struct order *o)
{
    (void)ctx;
    o->currency = "EUR";
    for (size_t i = 0; i < o->nlines; i++)
        o->lines[i].unit_price = 100;
    return fake.prices;
}

struct err outbox_room(void)
{
    return fake.room;
}

struct err outbox_add(struct ctx *ctx, const struct outbox_event *e, const char **id)
{
    if (id)
        *id = arena_printf(ctx->arena, "event-%zu", fake.npublished + 1);
    fake.published[fake.npublished++] = e->type;
    fake.data = e->data;
    fake.optional = e->optional;
    return OK;
}

struct err store_insert(struct ctx *ctx, struct order *o, int64_t deadline_s)
{
    (void)ctx, (void)deadline_s;
    o->created_at = o->updated_at = "2026-01-01T00:00:00.000Z";
    fake.order = *o;
    fake.stored = !fake.insert.code;
    return fake.insert;
}

struct err store_lock(struct ctx *ctx, const char *id, const char *user_id, struct order *out)
{
    if (!fake.stored || strcmp(id, fake.order.id) != 0 ||
        (user_id && strcmp(user_id, fake.order.user_id) != 0))
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no order %s", id);
    *out = fake.order;
    return OK;
}

struct err store_find(struct ctx *ctx, const char *id, const char *user_id, struct order *out)
{
    return store_lock(ctx, id, user_id, out);
}

struct err store_save(struct ctx *ctx, struct order *o)
{
    (void)ctx;
    fake.order = *o;
    return OK;
}

struct err store_note(struct ctx *ctx, const char *order_id, const struct order_entry entries[],
                      size_t n)
{
    (void)ctx, (void)order_id;
    for (size_t i = 0; i < n; i++)
        fake.timeline[fake.nentries++] = entries[i];
    return OK;
}

struct err store_timeline(struct ctx *ctx, const char *order_id, struct order_entry **out,
                          size_t *n)
{
    (void)ctx, (void)order_id;
    *out = fake.timeline;
    *n = fake.nentries;
    return OK;
}

struct err store_list(struct ctx *ctx, const char *user_id, const char *status, const char *after,
                      int64_t limit, struct order **out, size_t *n)
{
    static struct order without_lines;

    (void)ctx, (void)user_id, (void)status, (void)after, (void)limit;
    without_lines = fake.order;
    without_lines.lines = NULL;
    *out = &without_lines;
    *n = fake.stored;
    return OK;
}

struct err store_lock_expired(struct ctx *ctx, int64_t limit, struct order **out, size_t *n)
{
    (void)ctx, (void)limit;
    *out = &fake.order;
    *n = fake.expired;
    return OK;
}

struct err store_asked(struct ctx *ctx, const struct order list[], size_t n, int64_t least_s)
{
    (void)ctx, (void)list, (void)least_s;
    fake.asked += n;
    return OK;
}

struct err store_totals(struct ctx *ctx, struct order_totals **out, size_t *n)
{
    (void)ctx;
    *out = NULL;
    *n = 0;
    return OK;
}
