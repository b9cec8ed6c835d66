/* jobs.c - delivery, one notification at a time. */
#include "jobs.h"

#include "db.h"
#include "log.h"
#include "notification.h"
#include "trace.h"
#include "usecases.h"

static struct err end_unit(struct ctx *ctx, struct err err)
{
    if (!err.code)
        return db_unit_commit(ctx);
    db_unit_rollback(ctx);
    return err;
}

static struct err take(struct ctx *ctx, struct notification *n, bool *found)
{
    db_unit_begin(ctx, DB_WRITE);
    return end_unit(ctx, notification_take(ctx, n, found));
}

static struct err settle(struct ctx *ctx, struct notification *n, struct err outcome)
{
    db_unit_begin(ctx, DB_WRITE);
    return end_unit(ctx, notification_settle(ctx, n, outcome));
}

static void report(const struct notification *n, struct err outcome)
{
    if (outcome.code)
        log_warn("notification %s %s: %s", n->id,
                 n->state == NOTIFICATION_FAILED ? "failed" : "put off", outcome.msg);
}

/* An outage of others is no error of this step: each notification waits on its own, and
 * this service stays ready. But then the worker rests for a period before it goes on. */
struct err jobs_deliver(struct ctx *ctx, void *arg, bool *more)
{
    struct err err, outcome;
    struct notification n;
    bool found;

    (void)arg;
    err = take(ctx, &n, &found);
    if (err.code || !found)
        return err;
    ctx->trace = trace_continue(n.traceparent); /* look-up and log belong to the order's flow */
    outcome = notification_send(ctx, &n);
    err = settle(ctx, &n, outcome);
    report(&n, outcome);
    *more = n.state != NOTIFICATION_PENDING;
    return err;
}
