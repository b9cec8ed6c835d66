/* jobs.c - the calls to the payment provider. */
#include "jobs.h"

#include "db.h"
#include "provider.h"
#include "usecases.h"

static struct err end_unit(struct ctx *ctx, struct err err)
{
    if (!err.code)
        err = db_unit_commit(ctx);
    if (err.code)
        db_unit_rollback(ctx);
    return err;
}

/* Log lines, the provider's and the result's trace belong to the flow that asked. */
static void go_on_behalf_of(struct ctx *ctx, const struct payment *job)
{
    ctx->trace = trace_continue(job->traceparent);
    ctx->correlation_id = *job->correlation_id ? job->correlation_id : NULL;
    ctx->causation_id = *job->causation_id ? job->causation_id : NULL;
}

struct err jobs_settle(struct ctx *ctx, void *arg, bool *more)
{
    struct payment_outcome outcome;
    struct payment job;
    struct err err;

    (void)arg;
    if (!provider_is_up(ctx))
        return OK;
    db_unit_begin(ctx, DB_WRITE);
    err = end_unit(ctx, payment_take(ctx, &job, more));
    if (err.code || !*more)
        return err;

    go_on_behalf_of(ctx, &job);
    outcome = job.state == PAYMENT_CHARGING ? provider_charge(ctx, &job) : provider_undo(ctx, &job);

    db_unit_begin(ctx, DB_WRITE);
    return end_unit(ctx, payment_finish(ctx, &job, &outcome));
}
