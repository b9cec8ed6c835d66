/* inbox.c - the Idempotent Consumer's memory. */
#include "inbox.h"

#include <string.h>

#include "arena.h"

/* Each row that was written is the first of one id: cross it out for the next. */
static bool cross_out(const struct db_rows *written, bool crossed[], const char *id)
{
    for (int row = 0; row < written->count; row++)
        if (!crossed[row] && strcmp(db_str(written, row, 0), id) == 0)
            return crossed[row] = true;
    return false;
}

/* Sorted, so that two instances with the same events do not wait for each other in a circle. */
struct err inbox_note(struct ctx *ctx, const char *const ids[], size_t n, struct db_rows *noted)
{
    return db_ask(ctx, noted,
                  "INSERT INTO inbox (event_id) SELECT id FROM unnest($1::text[]) AS id"
                  " ORDER BY id ON CONFLICT DO NOTHING RETURNING event_id",
                  db_param_strs(ctx, ids, n));
}

void inbox_tell(struct ctx *ctx, const struct db_rows *noted, const char *const ids[], size_t n,
                bool first[])
{
    bool *crossed = arena_array(ctx->arena, bool, n);

    for (size_t i = 0; i < n; i++)
        first[i] = cross_out(noted, crossed, ids[i]);
}

struct err inbox_prune(struct ctx *ctx, int64_t keep_s, int limit, int *pruned)
{
    struct db_rows rows;
    struct err err;

    /* SKIP LOCKED: another instance may be pruning too. */
    err = db_exec(ctx, &rows,
                  "DELETE FROM inbox WHERE ctid = ANY (ARRAY"
                  " (SELECT ctid FROM inbox"
                  "  WHERE handled_at < now() - make_interval(secs => $1)"
                  "  ORDER BY handled_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
                  db_param_int(ctx, keep_s), db_param_int(ctx, limit));
    *pruned = rows.count;
    return err;
}
