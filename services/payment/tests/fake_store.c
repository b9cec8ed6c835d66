/* fake_store.c - store and outbox of the payment service, in memory. Linked in place of
 * the real ones: the header is the interface, the linker chooses. */
#include "fake_store.h"

#include <string.h>

#include "arena.h"
#include "outbox.h"

struct fake fake;

struct err outbox_add(struct ctx *ctx, const struct outbox_event *e, const char **id)
{
    (void)ctx, (void)id;
    fake.published[fake.npublished++] = e->type;
    fake.subject = e->subject;
    fake.data = e->data;
    return OK;
}

struct err store_insert(struct ctx *ctx, const struct payment *p, bool *added)
{
    (void)ctx;
    *added = !fake.stored;
    if (*added)
        fake.payment = *p;
    fake.stored = true;
    return OK;
}

struct err store_lock(struct ctx *ctx, const char *id, struct payment *out)
{
    if (!fake.stored || strcmp(id, fake.payment.id) != 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no payment %s", id);
    *out = fake.payment;
    return OK;
}

struct err store_lock_order(struct ctx *ctx, const char *order_id, struct payment *out)
{
    if (!fake.stored || strcmp(order_id, fake.payment.order_id) != 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no payment for order %s", order_id);
    *out = fake.payment;
    return OK;
}

struct err store_find(struct ctx *ctx, const char *id, const char *user_id, struct payment *out)
{
    if (user_id && fake.stored && strcmp(user_id, fake.payment.user_id) != 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no payment %s", id);
    return store_lock(ctx, id, out);
}

struct err store_save(struct ctx *ctx, const struct payment *p)
{
    (void)ctx;
    fake.payment = *p;
    return OK;
}

struct err store_settle(struct ctx *ctx, const struct payment *p, int64_t delay_ms)
{
    (void)ctx;
    if (fake.settle.code)
        return fake.settle;
    fake.payment = *p;
    fake.leased = false;
    fake.delay_ms = delay_ms;
    return OK;
}

struct err store_fetch_ahead(struct ctx *ctx)
{
    (void)ctx;
    return OK;
}

struct err store_take(struct ctx *ctx, int64_t lease_ms, struct taking *taking)
{
    (void)ctx, (void)lease_ms;
    taking->rows.count = fake.stored && !fake.leased && payment_is_due(fake.payment.state);
    fake.leased |= taking->rows.count == 1;
    return OK;
}

struct err store_taken(struct ctx *ctx, const struct taking *taking, struct payment *out,
                       bool *found, bool *more)
{
    (void)ctx;
    *found = taking->rows.count == 1;
    *more = *found && fake.more;
    if (*found)
        *out = fake.payment;
    return OK;
}

struct err store_list(struct ctx *ctx, const char *user_id, const char *order_id, const char *after,
                      int64_t limit, struct payment **out, size_t *n)
{
    const size_t skip = after && strcmp(after, fake.list[0].id) == 0;

    (void)ctx;
    fake.list_user = user_id;
    fake.list_order = order_id;
    fake.list_after = after;
    *out = fake.list + skip;
    *n = 2 - skip < (size_t)limit ? 2 - skip : (size_t)limit;
    return OK;
}

struct err store_totals(struct ctx *ctx, struct payment_totals **out, size_t *n)
{
    (void)ctx;
    *out = &fake.total;
    *n = 1;
    return OK;
}
