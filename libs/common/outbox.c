/* outbox.c - events written with the change that they announce. */
#include "outbox.h"

#include "db.h"
#include "event.h"
#include "id.h"
#include "trace.h"
#include "worker.h"

/* The rows of a new event: their destinations, and who is to carry them there. */
static const struct {
    const char *rows;
    unsigned wakes;
} routes[] = {
    [OUTBOX_BUS] = {"{1}",   WAKE_BUS_RELAY                    },
    [OUTBOX_STREAM] = {"{2}",   WAKE_STREAM_RELAY                 },
    [OUTBOX_BUS | OUTBOX_STREAM] = {"{1,2}", WAKE_BUS_RELAY | WAKE_STREAM_RELAY},
};

struct err outbox_add(struct ctx *ctx, const struct outbox_event *e, const char **id)
{
    unsigned to = e->to ? e->to & (OUTBOX_BUS | OUTBOX_STREAM) : OUTBOX_BUS;
    struct event event = {
        .id = id_new(ctx->arena),
        .type = e->type,
        .version = e->version ? e->version : 1,
        .subject = e->subject,
    };
    bool traced = ctx->trace.trace_id[0];
    struct err err;

    err = db_later(ctx,
                   "INSERT INTO outbox"
                   " (destination, event_id, type, subject, envelope, traceparent, optional)"
                   " SELECT destination, $2, $3, $4, $5, $6, $7"
                   " FROM unnest($1::smallint[]) AS destination",
                   routes[to].rows, event.id, event.type, event.subject,
                   event_format(ctx, &event, e->data),
                   traced ? trace_format(ctx->arena, &ctx->trace) : "", db_param_bool(e->optional));
    if (err.code)
        return err;
    ctx->wakes |= routes[to].wakes;
    if (id)
        *id = event.id;
    return OK;
}
