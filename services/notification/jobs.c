/* jobs.c - delivery, many notifications at a time. */
#include "jobs.h"

#include "db.h"
#include "usecases.h"

static struct err end_unit(struct ctx *ctx, struct err err)
{
    if (!err.code)
        return db_unit_commit(ctx);
    db_unit_rollback(ctx);
    return err;
}

static struct err take(struct ctx *ctx, struct delivery *d)
{
    db_unit_begin(ctx, DB_WRITE);
    return end_unit(ctx, notification_take(ctx, d));
}

static struct err settle_together(struct ctx *ctx, const struct delivery *d)
{
    db_unit_begin(ctx, DB_WRITE);
    return end_unit(ctx, notification_settle(ctx, d));
}

/* Where that fails each is settled on its own, so that one that cannot be written does not
 * make all mails go out again, nor does a connection that was lost on the way. What was
 * not tried waits for the end of its lease: it may be given back but once. */
static struct err settle(struct ctx *ctx, const struct delivery *d)
{
    struct err err = settle_together(ctx, d);

    if (!err.code || d->tried == 0)
        return err;
    err = OK;
    for (size_t i = 0; i < d->tried && err.code != ERR_UNAVAILABLE; i++) {
        const struct delivery one = {.list = &d->list[i], .n = 1, .tried = 1};
        const struct err alone = settle_together(ctx, &one);

        if (alone.code)
            err = alone;
    }
    return err;
}

static bool any_put_off(const struct delivery *d)
{
    for (size_t i = 0; i < d->tried; i++)
        if (d->list[i].state == NOTIFICATION_PENDING)
            return true;
    return false;
}

/* A batch that was not full was all that is due, if it is not one that came back from a
 * worker that died and was taken alone. Who adds another wakes the workers. */
static bool may_be_more(const struct delivery *d)
{
    return d->tried < d->n || d->n == NOTIFICATION_BATCH || d->list[0].attempts > 1;
}

/* An outage of others is no error of this step: each notification waits on its own, and
 * this service stays ready. But then the worker rests for a period before it goes on; so
 * it does when there was time for none. */
struct err jobs_deliver(struct ctx *ctx, void *arg, bool *more)
{
    struct delivery d;
    struct err err;

    (void)arg;
    err = take(ctx, &d);
    if (err.code || d.n == 0)
        return err;
    notification_send(ctx, &d);
    err = settle(ctx, &d);
    *more = d.tried > 0 && !any_put_off(&d) && may_be_more(&d);
    return err;
}
