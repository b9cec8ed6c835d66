/* jobs.c - the deadline sweep. */
#include "jobs.h"

#include <stddef.h>

#include "db.h"
#include "log.h"
#include "usecases.h"

enum { BATCH = 100 };

struct err jobs_expire(struct ctx *ctx, void *arg, bool *more)
{
    struct err err;
    size_t n = 0;

    (void)arg;
    db_unit_begin(ctx, DB_WRITE);
    err = order_expire(ctx, BATCH, &n);
    if (!err.code)
        err = db_unit_commit(ctx);
    if (err.code) {
        db_unit_rollback(ctx);
        return err;
    }
    if (n > 0)
        log_warn("%zu sagas were not over by their deadline: cancelled, or asked about again", n);
    *more = n == BATCH;
    return OK;
}
