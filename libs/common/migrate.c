/* migrate.c - migrations, each once, in order, one instance at a time. */
#include "migrate.h"

#include <sodium.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "log.h"

/* Other instances may be at it, and a migration may have much to do: this session
 * waits longer than others. The lock's number is nobody else's in this database. */
enum { PATIENCE_MS = 70000 };

static const char prologue[] = "SET statement_timeout = '60s'; SET lock_timeout = '60s';"
                               "SELECT pg_advisory_lock(7742694912);"
                               "CREATE TABLE IF NOT EXISTS schema_migrations ("
                               " name text PRIMARY KEY, checksum text NOT NULL,"
                               " applied_at timestamptz NOT NULL DEFAULT now())";

static const char *checksum(struct arena *a, const char *sql)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    char *hex = arena_alloc(a, 2 * sizeof(hash) + 1);

    crypto_hash_sha256(hash, (const unsigned char *)sql, strlen(sql));
    return sodium_bin2hex(hex, 2 * sizeof(hash) + 1, hash, sizeof(hash));
}

static struct err apply(struct ctx *ctx, const struct migration *m)
{
    struct db_rows rows;
    struct err err;

    db_unit_begin(ctx, DB_WRITE);
    err = db_exec_script(ctx, m->sql, PATIENCE_MS);
    if (!err.code)
        err = db_exec(ctx, &rows, "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)",
                      m->name, checksum(ctx->arena, m->sql));
    if (!err.code)
        err = db_unit_commit(ctx);
    if (!err.code) {
        log_info("migration %s applied", m->name);
        return OK;
    }
    db_unit_rollback(ctx);
    return err_new(ctx->arena, err.code == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_INTERNAL,
                   "migration %s failed: %s", m->name, err.msg);
}

static struct err apply_once(struct ctx *ctx, const struct migration *m)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, "SELECT checksum FROM schema_migrations WHERE name = $1", m->name);
    if (err.code)
        return err;
    if (rows.count == 0)
        return apply(ctx, m);
    if (strcmp(db_str(&rows, 0, 0), checksum(ctx->arena, m->sql)) != 0)
        return err_new(ctx->arena, ERR_INTERNAL,
                       "migration %s was changed after it had run; add a new one instead", m->name);
    return OK;
}

struct err migrate(struct ctx *ctx, const struct migration list[], size_t n)
{
    struct err err;

    err = db_exec_script(ctx, prologue, PATIENCE_MS);
    for (size_t i = 0; i < n && !err.code; i++)
        err = apply_once(ctx, &list[i]);
    /* With the session go its lock and its time limits, whatever happened. */
    db_disconnect(ctx->db);
    return err;
}
