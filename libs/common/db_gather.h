/* db_gather.h - rows for one statement, for db.c alone. */
#ifndef COMMON_DB_GATHER_H
#define COMMON_DB_GATHER_H

#include <stddef.h>

#include "ctx.h"

struct gather {
    const char *sql; /* known by its address */
    size_t ncols, nrows, room;
    const char **values; /* row by row, in the unit's arena */
};

/* One row more, of g->ncols values, which are borrowed. */
void gather_add(struct ctx *ctx, struct gather *g, const char *const values[]);

/* An array literal for each column. */
const char *const *gather_params(struct ctx *ctx, const struct gather *g);

#endif
