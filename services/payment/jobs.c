/* jobs.c - the calls to the payment provider. */
#include "jobs.h"

#include "clock.h"
#include "db.h"
#include "provider.h"
#include "store.h"
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

/* What a worker has in hand, and whether more was due when it took that. */
struct hand {
    struct payment job;
    bool full, more;
};

/* Commit, and see what was taken. When there is more another worker is woken, for this one
 * will wait for the provider. */
static struct err commit_take(struct ctx *ctx, struct err err, const struct taking *taking,
                              struct hand *h)
{
    *h = (struct hand){.full = false};
    err = end_unit(ctx, err);
    if (!err.code)
        err = store_taken(ctx, taking, &h->job, &h->full, &h->more);
    if (h->more)
        worker_wake(WAKE_JOBS);
    return err;
}

static struct err take(struct ctx *ctx, struct hand *h)
{
    struct taking taking = {0};

    db_unit_begin(ctx, DB_WRITE);
    return commit_take(ctx, payment_take(ctx, &taking), &taking, h);
}

/* Write down how a job ended and, where there was more, take the next one in the same unit:
 * a transaction saved for each payment when there are many. */
static struct err finish(struct ctx *ctx, struct hand *h, const struct payment_outcome *outcome,
                         bool enough)
{
    struct taking taking = {0};
    struct err err;

    db_unit_begin(ctx, DB_WRITE);
    err = payment_finish(ctx, &h->job, outcome);
    if (!err.code && h->more && !enough)
        err = payment_take(ctx, &taking);
    return commit_take(ctx, err, &taking, h);
}

struct err jobs_settle(struct ctx *ctx, void *arg, bool *more)
{
    const int64_t until = clock_mono_ms() + STEP_MS;
    struct hand h = {.full = false};
    struct err err;

    (void)arg;
    *more = false;
    if (!provider_is_up(ctx))
        return OK;
    err = take(ctx, &h);
    while (!err.code && h.full) {
        const struct payment *job = &h.job;
        struct payment_outcome outcome;
        bool enough;

        go_on_behalf_of(ctx, job);
        outcome =
            job->state == PAYMENT_CHARGING ? provider_charge(ctx, job) : provider_undo(ctx, job);
        enough = clock_mono_ms() >= until || !provider_is_up(ctx);
        *more = h.more && enough;
        err = finish(ctx, &h, &outcome, enough);
    }
    return err;
}
