/* jobs.c - the calls to the payment provider. */
#include "jobs.h"

#include "clock.h"
#include "db.h"
#include "provider.h"
#include "usecases.h"
#include "worker.h"

enum { STEP_MS = 100 }; /* then the worker is asked whether it is to stop */

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

static struct err take(struct ctx *ctx, struct payment *job, bool *found)
{
    db_unit_begin(ctx, DB_WRITE);
    return end_unit(ctx, payment_take(ctx, job, found));
}

/* Write down how a job ended and, unless there has been enough of that, take the next one
 * in the same unit: a transaction saved for each payment when there are many. */
static struct err finish(struct ctx *ctx, const struct payment *job,
                         const struct payment_outcome *outcome, bool enough, struct payment *next,
                         bool *found)
{
    struct err err;

    *found = false;
    db_unit_begin(ctx, DB_WRITE);
    err = payment_finish(ctx, job, outcome);
    if (!err.code && !enough)
        err = payment_take(ctx, next, found);
    return end_unit(ctx, err);
}

struct err jobs_settle(struct ctx *ctx, void *arg, bool *more)
{
    const int64_t until = clock_mono_ms() + STEP_MS;
    struct payment job, next;
    bool found, enough;
    struct err err;

    (void)arg;
    *more = false;
    if (!provider_is_up(ctx))
        return OK;
    err = take(ctx, &job, &found);
    if (!err.code && found)
        worker_wake(WAKE_JOBS); /* there may be more, and this one will wait for the provider */
    for (; !err.code && found; job = next) {
        struct payment_outcome outcome;

        go_on_behalf_of(ctx, &job);
        outcome =
            job.state == PAYMENT_CHARGING ? provider_charge(ctx, &job) : provider_undo(ctx, &job);
        enough = clock_mono_ms() >= until || !provider_is_up(ctx);
        err = finish(ctx, &job, &outcome, enough, &next, &found);
        *more = enough;
    }
    return err;
}
