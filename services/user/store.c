/* store.c - the SQL of the user service. */
#include "store.h"

#include "arena.h"
#include "db.h"

#define COLUMNS "id, email, name, role, password_hash, " DB_RFC3339("created_at")

enum column { ID, EMAIL, NAME, ROLE, PASSWORD_HASH, CREATED_AT };

static struct err read_user(struct ctx *ctx, const struct db_rows *rows, int row, struct user *out)
{
    *out = (struct user){
        .id = db_str(rows, row, ID),
        .email = db_str(rows, row, EMAIL),
        .name = db_str(rows, row, NAME),
        .password_hash = db_str(rows, row, PASSWORD_HASH),
        .created_at = db_str(rows, row, CREATED_AT),
    };
    if (!user_role_parse(db_str(rows, row, ROLE), &out->role))
        return err_new(ctx->arena, ERR_INTERNAL, "user %s has an unknown role", out->id);
    return OK;
}

static struct err read_users(struct ctx *ctx, const struct db_rows *rows, struct user **out,
                             size_t *n)
{
    *n = (size_t)rows->count;
    *out = arena_array(ctx->arena, struct user, *n);
    for (int i = 0; i < rows->count; i++) {
        struct err err = read_user(ctx, rows, i, &(*out)[i]);

        if (err.code)
            return err;
    }
    return OK;
}

struct err store_insert(struct ctx *ctx, struct user *u, bool *added)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "INSERT INTO users (id, email, name, role, password_hash)"
                  " VALUES ($1, $2, $3, $4, $5)"
                  " ON CONFLICT (email) DO NOTHING RETURNING " DB_RFC3339("created_at"),
                  u->id, u->email, u->name, user_role_name(u->role), u->password_hash);
    if (err.code)
        return err;
    *added = rows.count == 1;
    if (*added)
        u->created_at = db_str(&rows, 0, 0);
    return OK;
}

struct err store_replace_hash(struct ctx *ctx, const struct user *u, const char *hash)
{
    struct db_rows rows;

    return db_exec(ctx, &rows,
                   "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
                   u->id, u->password_hash, hash);
}

struct err store_find(struct ctx *ctx, const char *id, struct user *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, "SELECT " COLUMNS " FROM users WHERE id = $1", id);
    if (err.code)
        return err;
    if (rows.count == 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user %s", id);
    return read_user(ctx, &rows, 0, out);
}

struct err store_find_by_email(struct ctx *ctx, const char *email, struct user *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, "SELECT " COLUMNS " FROM users WHERE email = $1", email);
    if (err.code)
        return err;
    if (rows.count == 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user with this email address");
    return read_user(ctx, &rows, 0, out);
}

struct err store_find_users(struct ctx *ctx, const char *const ids[], size_t nids,
                            struct user **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err =
        db_exec(ctx, &rows, "SELECT " COLUMNS " FROM users WHERE id = ANY($1::uuid[]) ORDER BY id",
                db_param_strs(ctx, ids, nids));
    return err.code ? err : read_users(ctx, &rows, out, n);
}

struct err store_list(struct ctx *ctx, const char *after, int64_t limit, struct user **out,
                      size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM users WHERE $1::uuid IS NULL OR id > $1"
                  " ORDER BY id LIMIT $2",
                  after, db_param_int(ctx, limit));
    return err.code ? err : read_users(ctx, &rows, out, n);
}
