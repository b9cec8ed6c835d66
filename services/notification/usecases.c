/* usecases.c - note what is to be told, and deliver it. */
#include "usecases.h"

#include <stddef.h>

#include "arena.h"
#include "id.h"
#include "peers.h"
#include "store.h"
#include "trace.h"
#include "worker.h"

/* Longer than a delivery can take: the look-up has two seconds, the mailer its limit. */
enum { LEASE_MS = MAILER_TIMEOUT_MS + 5000 };

static const struct mailer *mailer;

void notification_set_mailer(const struct mailer *m)
{
    mailer = m;
}

struct err notification_note(struct ctx *ctx, const char *event_id, const char *user_id,
                             const struct notification_facts *facts)
{
    char *subject = arena_alloc(ctx->arena, NOTIFICATION_MAX_SUBJECT + 1);
    char *body = arena_alloc(ctx->arena, NOTIFICATION_MAX_BODY + 1);
    const struct notification n = {
        .id = id_new(ctx->arena),
        .event_id = event_id,
        .user_id = user_id,
        .order_id = facts->order_id,
        .kind = facts->kind,
        .subject = subject,
        .body = body,
        .state = NOTIFICATION_PENDING,
        .traceparent = trace_format(ctx->arena, &ctx->trace),
    };
    struct err err;
    bool added;

    if (!notification_write(facts, subject, body))
        return err_new(ctx->arena, ERR_INVALID, "there is no text for %s", facts->kind);
    err = store_insert(ctx, &n, &added);
    if (!err.code && added)
        ctx->wakes |= WAKE_JOBS;
    return err;
}

struct err notification_take(struct ctx *ctx, struct notification *n, bool *found)
{
    return store_take(ctx, LEASE_MS, n, found);
}

struct err notification_send(struct ctx *ctx, const struct notification *n)
{
    struct contact contact;
    struct err err;

    err = peers_find_contact(ctx, n->user_id, &contact);
    if (err.code)
        return err;
    return mailer->send(ctx, &(struct mail){
                                 .id = n->id,
                                 .to = contact.email,
                                 .name = contact.name,
                                 .subject = n->subject,
                                 .body = n->body,
                             });
}

static enum notification_state state_after(struct err outcome)
{
    switch (outcome.code) {
    case ERR_OK: return NOTIFICATION_SENT;
    case ERR_UNAVAILABLE:
    case ERR_INTERNAL: return NOTIFICATION_PENDING;
    default: return NOTIFICATION_FAILED;
    }
}

struct err notification_settle(struct ctx *ctx, struct notification *n, struct err outcome)
{
    n->state = state_after(outcome);
    n->reason = outcome.code ? outcome.msg : "";
    return store_settle(ctx, n, notification_delay_ms(n->attempts));
}
