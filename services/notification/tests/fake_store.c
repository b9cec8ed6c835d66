/* fake_store.c - the store of the notification service, in memory. Linked in place of the
 * real one: the header is the interface, the linker chooses. */
#include "fake_store.h"

#include <string.h>

#include "arena.h"

struct fake fake;

struct err store_insert(struct ctx *ctx, const struct notification *n)
{
    (void)ctx;
    for (size_t i = 0; i < fake.n; i++)
        if (strcmp(fake.list[i].event_id, n->event_id) == 0 &&
            strcmp(fake.list[i].user_id, n->user_id) == 0)
            return fake.fails;
    if (fake.fails.code)
        return fake.fails;
    fake.list[fake.n++] = *n;
    return OK;
}

struct err store_take(struct ctx *ctx, int64_t lease_ms, size_t max, struct notification **out,
                      size_t *n)
{
    (void)lease_ms;
    *out = arena_array(ctx->arena, struct notification, FAKE_MAX);
    *n = 0;
    for (size_t i = 0; i < fake.n && *n < max; i++) {
        if (fake.list[i].state != NOTIFICATION_PENDING)
            continue;
        fake.list[i].attempts++;
        (*out)[(*n)++] = fake.list[i];
    }
    return fake.fails;
}

static struct notification *look_up(const char *id)
{
    for (size_t i = 0; i < fake.n; i++)
        if (strcmp(fake.list[i].id, id) == 0)
            return &fake.list[i];
    return NULL;
}

/* As a whole or not at all. */
struct err store_settle(struct ctx *ctx, const struct notification list[],
                        const int64_t delays_ms[], size_t n)
{
    (void)ctx;
    fake.settled++;
    for (size_t i = 0; i < n; i++)
        if (fake.unwritable && strcmp(list[i].id, fake.unwritable) == 0)
            return (struct err){ERR_INVALID, "the database refuses a value"};
    for (size_t i = 0; i < n && !fake.fails.code; i++) {
        *look_up(list[i].id) = list[i];
        look_up(list[i].id)->attempts -= delays_ms[i] == 0;
        fake.delay_ms = delays_ms[i];
    }
    return fake.fails;
}

struct err store_find(struct ctx *ctx, const char *id, const char *user_id,
                      struct notification *out)
{
    const struct notification *n = look_up(id);

    if (!n || (user_id && strcmp(user_id, n->user_id) != 0))
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no notification %s", id);
    *out = *n;
    return OK;
}

struct err store_list(struct ctx *ctx, const char *user_id, const char *order_id, const char *after,
                      int64_t limit, struct notification **out, size_t *n)
{
    (void)ctx;
    fake.user_id = user_id;
    fake.order_id = order_id;
    fake.after = after;
    fake.limit = limit;
    *out = fake.list;
    *n = fake.n < (size_t)limit ? fake.n : (size_t)limit;
    return fake.fails;
}

struct err store_totals(struct ctx *ctx, struct notification_totals **out, size_t *n)
{
    *n = 1;
    *out = arena_array(ctx->arena, struct notification_totals, *n);
    (*out)[0] = (struct notification_totals){"order.created", "SENT", 3};
    return fake.fails;
}
