/* usecases.c - note what is to be told, and deliver it. */
#include "usecases.h"

#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "id.h"
#include "log.h"
#include "peers.h"
#include "store.h"
#include "trace.h"
#include "worker.h"

/* How the lease holds. It begins, by the server's clock, no earlier than 'stop_at_ms' is
 * worked out by ours. In the first BEGIN_MS are the look-up (which gives up after two
 * seconds) and the beginning of every mail; the last mail has the mailer's limit; then
 * there is SETTLE_MS to note what was sent. So nobody else takes a notification whose
 * mail is on its way, however slow the mailer: those that it left no time for are given
 * back by the statement that notes the others, and are the first to be taken again. */
enum {
    BEGIN_MS = 3000,
    SETTLE_MS = 2000,
    LEASE_MS = BEGIN_MS + MAILER_TIMEOUT_MS + SETTLE_MS,
};

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

    if (!notification_write(facts, subject, body))
        return err_new(ctx->arena, ERR_INVALID, "there is no text for %s", facts->kind);
    err = store_insert(ctx, &n);
    if (!err.code)
        ctx->wakes |= WAKE_JOBS;
    return err;
}

struct err notification_take(struct ctx *ctx, struct delivery *d)
{
    *d = (struct delivery){.stop_at_ms = clock_mono_ms() + BEGIN_MS};
    return store_take(ctx, LEASE_MS, NOTIFICATION_BATCH, &d->list, &d->n);
}

/* --- sending -------------------------------------------------------------------------- */

struct contacts {
    struct contact *list;
    size_t n;
};

static bool is_among(const char *id, const char *const ids[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* One call for all has one trace: that of the notification that has waited longest. */
static struct err look_up(struct ctx *ctx, const struct delivery *d, struct contacts *out)
{
    const char *ids[NOTIFICATION_BATCH];
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++)
        if (!is_among(d->list[i].user_id, ids, n))
            ids[n++] = d->list[i].user_id;
    ctx->trace = trace_continue(d->list[0].traceparent);
    return peers_find_contacts(ctx, ids, n, &out->list, &out->n);
}

static const struct contact *find_contact(const struct contacts *c, const char *user_id)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->list[i].user_id, user_id) == 0)
            return &c->list[i];
    return NULL;
}

static struct err send_one(struct ctx *ctx, const struct notification *n, const struct contacts *c)
{
    const struct contact *to = find_contact(c, n->user_id);

    if (!to)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no user %s", n->user_id);
    if (!to->email)
        return err_new(ctx->arena, ERR_UNAVAILABLE,
                       "what the user service tells of user %s makes no sense", n->user_id);
    return mailer->send(ctx, &(struct mail){
                                 .id = n->id,
                                 .to = to->email,
                                 .name = to->name,
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

static void note_outcome(struct notification *n, struct err outcome)
{
    n->state = state_after(outcome);
    n->reason = outcome.code ? outcome.msg : "";
    if (outcome.code)
        log_warn("notification %s %s: %s", n->id,
                 n->state == NOTIFICATION_FAILED ? "failed" : "put off", outcome.msg);
}

/* Mail and log of each belong to the flow of its order. Without addresses no mail is
 * begun, so putting all of them off needs no time. */
void notification_send(struct ctx *ctx, struct delivery *d)
{
    const struct trace own = ctx->trace;
    struct contacts contacts = {0};
    const struct err down = look_up(ctx, d, &contacts);

    for (; d->tried < d->n; d->tried++) {
        struct notification *n = &d->list[d->tried];

        if (!down.code && clock_mono_ms() >= d->stop_at_ms)
            break;
        ctx->trace = trace_continue(n->traceparent);
        note_outcome(n, down.code ? down : send_one(ctx, n, &contacts));
    }
    ctx->trace = own;
}

struct err notification_settle(struct ctx *ctx, const struct delivery *d)
{
    int64_t *delays_ms = arena_array(ctx->arena, int64_t, d->n);

    for (size_t i = 0; i < d->tried; i++)
        delays_ms[i] = notification_delay_ms(d->list[i].attempts);
    return store_settle(ctx, d->list, delays_ms, d->n);
}
