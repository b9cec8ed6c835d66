/* fake_store.c - the store of the user service, in memory. Linked in place of the real
 * one: the header is the interface, the linker chooses. */
#include "fake_store.h"

#include <string.h>

#include "arena.h"

struct fake fake;

struct err store_insert(struct ctx *ctx, struct user *u, bool *added)
{
    struct user other;

    if (fake.fails.code)
        return fake.fails;
    *added = store_find_by_email(ctx, u->email, &other).code == ERR_NOT_FOUND;
    if (*added) {
        u->created_at = "2026-01-01T00:00:00.000Z";
        fake.users[fake.nusers++] = *u;
    }
    return OK;
}

static struct user *look_up(const char *id)
{
    for (size_t i = 0; i < fake.nusers; i++)
        if (strcmp(fake.users[i].id, id) == 0)
            return &fake.users[i];
    return NULL;
}

struct err store_replace_hash(struct ctx *ctx, const struct user *u, const char *hash)
{
    struct user *stored = look_up(u->id);

    (void)ctx;
    fake.replaced++;
    if (!fake.replace_fails.code && strcmp(stored->password_hash, u->password_hash) == 0)
        stored->password_hash = hash;
    return fake.replace_fails;
}

struct err store_find(struct ctx *ctx, const char *id, struct user *out)
{
    const struct user *stored = look_up(id);

    if (fake.fails.code)
        return fake.fails;
    if (!stored)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user %s", id);
    *out = *stored;
    return OK;
}

struct err store_find_users(struct ctx *ctx, const char *const ids[], size_t nids,
                            struct user **out, size_t *n)
{
    *out = arena_array(ctx->arena, struct user, nids);
    *n = 0;
    for (size_t i = 0; i < nids; i++)
        if (look_up(ids[i]))
            (*out)[(*n)++] = *look_up(ids[i]);
    return fake.fails;
}

struct err store_find_by_email(struct ctx *ctx, const char *email, struct user *out)
{
    if (fake.fails.code)
        return fake.fails;
    for (size_t i = 0; i < fake.nusers; i++) {
        if (strcmp(fake.users[i].email, email) != 0)
            continue;
        *out = fake.users[i];
        return OK;
    }
    return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user with this email address");
}

struct err store_list(struct ctx *ctx, const char *after, int64_t limit, struct user **out,
                      size_t *n)
{
    (void)ctx;
    fake.after = after;
    fake.limit = limit;
    *out = fake.users;
    *n = fake.nusers < (size_t)limit ? fake.nusers : (size_t)limit;
    return fake.fails;
}
