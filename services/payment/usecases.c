/* usecases.c - what the payment service does, one function for each operation. */
#include "usecases.h"

#include "arena.h"
#include "id.h"
#include "outbox.h"
#include "store.h"
#include "wire.h"
#include "worker.h"

static struct payment_limits limits = {.max_attempts = 6, .lease_ms = 10000};

void payment_set_limits(const struct payment_limits *l)
{
    limits = *l;
}

/* Tell how it ended, or wake who works on it. */
static struct err answer(struct ctx *ctx, const struct payment *p)
{
    const struct outbox_event e = {
        .type = payment_announcement(p->state),
        .subject = p->order_id,
        .data = wire_announcement(ctx, p),
    };

    if (payment_is_due(p->state))
        ctx->wakes |= WAKE_JOBS;
    return e.type ? outbox_add(ctx, &e, NULL) : OK;
}

/* The worker that does what this event asks for goes on where the event came from. */
static void remember_cause(const struct ctx *ctx, struct payment *p)
{
    p->traceparent = trace_format(ctx->arena, &ctx->trace);
    p->correlation_id = ctx->correlation_id ? ctx->correlation_id : "";
    p->causation_id = ctx->causation_id ? ctx->causation_id : "";
}

static struct err hear(struct ctx *ctx, const struct payment *asked, enum payment_event e)
{
    struct payment p = *asked;
    struct err err;
    bool added;

    p.id = id_new(ctx->arena);
    payment_apply(&p, e, asked->reason);
    remember_cause(ctx, &p);
    err = store_insert(ctx, &p, &added);
    if (err.code)
        return err;
    if (added)
        return answer(ctx, &p);

    err = store_lock_order(ctx, asked->order_id, &p);
    if (err.code)
        return err;
    if (payment_apply(&p, e, asked->reason)) {
        remember_cause(ctx, &p);
        err = store_save(ctx, &p);
        if (err.code)
            return err;
    }
    return answer(ctx, &p);
}

struct err payment_reserved(struct ctx *ctx, const struct payment *asked)
{
    return hear(ctx, asked, PAYMENT_RESERVED);
}

struct err payment_cancelled(struct ctx *ctx, const struct payment *asked)
{
    return hear(ctx, asked, PAYMENT_CANCELLED);
}

struct err payment_take(struct ctx *ctx, struct taking *taking)
{
    return store_take(ctx, limits.lease_ms, taking);
}

/* The payment may have moved since it was taken: its order was cancelled, or the lease
 * ran out and another worker was faster. So it is loaded again, and judged as it is. */
struct err payment_finish(struct ctx *ctx, const struct payment *job,
                          const struct payment_outcome *o)
{
    enum payment_state before;
    int64_t delay_ms;
    struct payment p;
    struct err err;

    err = store_lock(ctx, job->id, &p);
    if (err.code)
        return err;
    before = p.state;
    delay_ms = payment_settle(&p, job->state, o, limits.max_attempts);
    err = store_settle(ctx, &p, delay_ms);
    if (err.code)
        return err;
    if (delay_ms == 0 && payment_is_due(p.state)) /* who was woken for it found it in our hands */
        ctx->wakes |= WAKE_JOBS;
    if (p.state == before)
        return OK;
    return answer(ctx, &p);
}
