/* inbox.c - the Idempotent Consumer's memory. */
#include "inbox.h"

#include "db.h"

struct err inbox_add(struct ctx *ctx, const char *event_id, bool *first)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, "INSERT INTO inbox (event_id) VALUES ($1) ON CONFLICT DO NOTHING",
                  event_id);
    *first = rows.count == 1;
    return err;
}

struct err inbox_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned)
{
    struct db_rows rows;
    struct err err;

    /* SKIP LOCKED: another instance may be pruning too. */
    err = db_exec(ctx, &rows,
                  "DELETE FROM inbox WHERE event_id IN"
                  " (SELECT event_id FROM inbox"
                  "  WHERE handled_at < now() - make_interval(secs => $1)"
                  "  ORDER BY handled_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
                  db_param_int(ctx, keep_s), db_param_int(ctx, limit));
    *pruned = rows.count;
    return err;
}
