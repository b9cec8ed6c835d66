/* db_gather.c - rows for one statement, turned into an array a column. */
#include "db_gather.h"

#include <string.h>

#include "arena.h"
#include "db.h"

static void make_room(struct ctx *ctx, struct gather *g)
{
    enum { FIRST = 4 };
    const char **grown;

    g->room = g->room ? 2 * g->room : FIRST;
    grown = arena_array(ctx->arena, const char *, g->room * g->ncols);
    if (g->nrows)
        memcpy(grown, g->values, g->nrows * g->ncols * sizeof(*grown));
    g->values = grown;
}

void gather_add(struct ctx *ctx, struct gather *g, const char *const values[])
{
    if (g->nrows == g->room)
        make_room(ctx, g);
    memcpy(&g->values[g->nrows * g->ncols], values, g->ncols * sizeof(*values));
    g->nrows++;
}

const char *const *gather_params(struct ctx *ctx, const struct gather *g)
{
    const char **params = arena_array(ctx->arena, const char *, g->ncols);
    const char **column = arena_array(ctx->arena, const char *, g->nrows);

    for (size_t c = 0; c < g->ncols; c++) {
        for (size_t r = 0; r < g->nrows; r++)
            column[r] = g->values[r * g->ncols + c];
        params[c] = db_param_strs(ctx, column, g->nrows);
    }
    return params;
}
