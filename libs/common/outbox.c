/* outbox.c - events written with the change that they announce. */
#include "outbox.h"

#include "db.h"
#include "event.h"
#include "id.h"
#include "trace.h"
#include "worker.h"

/* Who is to carry a new event to its destinations. */
static const unsigned wakes[] = {
    [OUTBOX_BUS] = WAKE_BUS_RELAY,
    [OUTBOX_STREAM] = WAKE_STREAM_RELAY,
    [OUTBOX_BUS | OUTBOX_STREAM] = WAKE_BUS_RELAY | WAKE_STREAM_RELAY,
};

/* All events of a unit in one statement, a row for each destination, in the order in which
 * they came. */
static const char insert_sql[] =
    "INSERT INTO outbox"
    " (destination, event_id, type, subject, envelope, traceparent, optional)"
    " SELECT d.bit, e.event_id, e.type, e.subject, e.envelope, e.traceparent, e.optional"
    " FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
    "  $7::boolean[]) WITH ORDINALITY"
    "  AS e (destinations, event_id, type, subject, envelope, traceparent, optional, n)"
    " JOIN (VALUES (1::smallint), (2::smallint)) AS d (bit) ON e.destinations & d.bit <> 0"
    " ORDER BY e.n";

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

    err =
        db_gather(ctx, insert_sql, db_param_int(ctx, to), event.id, event.type, event.subject,
                  event_format(ctx, &event, e->data),
                  traced ? trace_format(ctx->arena, &ctx->trace) : "", db_param_bool(e->optional));
    if (err.code)
        return err;
    ctx->wakes |= wakes[to];
    if (id)
        *id = event.id;
    return OK;
}
