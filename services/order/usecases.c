/* usecases.c - what the order service does, one function for each operation. */
#include "usecases.h"

#include <stdbool.h>

#include "arena.h"
#include "clock.h"
#include "id.h"
#include "outbox.h"
#include "peers.h"
#include "store.h"
#include "wire.h"

static int64_t deadline_s = 60;

void order_set_deadline(int64_t seconds)
{
    deadline_s = seconds;
}

/* Announce the order's new status: to RabbitMQ, to the stream, in its timeline. Who
 * ships listens for nothing more, so only order.shipped may reach no queue. */
static struct err announce(struct ctx *ctx, const struct order *o, const char *cause,
                           struct order_entry *entry)
{
    const struct outbox_event e = {
        .type = order_announcement(o->status),
        .subject = o->id,
        .data = wire_announcement(ctx, o),
        .to = OUTBOX_BUS | OUTBOX_STREAM,
        .optional = o->status == ORDER_SHIPPED,
    };

    *entry = (struct order_entry){
        .type = e.type,
        .source = "order",
        .time = clock_rfc3339(ctx->arena, clock_now_ms()),
        .cause = cause,
        .detail = o->reason,
    };
    return outbox_add(ctx, &e, &entry->event_id);
}

/* An order that has just changed by itself, not by another service's event. */
static struct err save_and_announce(struct ctx *ctx, struct order *o, const char *cause)
{
    struct order_entry entry;
    struct err err;

    err = store_save(ctx, o);
    if (err.code)
        return err;
    err = announce(ctx, o, cause, &entry);
    if (err.code)
        return err;
    return store_note(ctx, o->id, &entry, 1);
}

struct err order_place(struct ctx *ctx, struct order *o)
{
    int repeated = order_repeated_line(o);
    struct order_entry entry;
    struct err err;

    if (repeated >= 0)
        return err_new(ctx->arena, ERR_INVALID, "lines[%d].sku: %s is in an earlier line already",
                       repeated, o->lines[repeated].sku);
    err = outbox_room();
    if (err.code)
        return err;
    err = peers_check_user(ctx, o->user_id);
    if (err.code)
        return err;
    err = peers_price(ctx, o);
    if (err.code)
        return err;

    o->id = id_new(ctx->arena);
    o->status = ORDER_PENDING;
    o->version = 1;
    o->reason = o->reservation_id = o->tracking_number = "";
    order_compute_total(o);
    err = store_insert(ctx, o, deadline_s);
    if (err.code)
        return err;
    err = announce(ctx, o, "customer", &entry);
    if (err.code)
        return err;
    return store_note(ctx, o->id, &entry, 1);
}

struct err order_cancel(struct ctx *ctx, const char *id, const char *user_id, struct order *out)
{
    struct err err;

    err = store_lock(ctx, id, user_id, out);
    if (err.code)
        return err;
    if (out->status == ORDER_SHIPPED)
        return err_new(ctx->arena, ERR_CONFLICT, "order %s has been shipped already", id);
    if (!order_apply(out, ORDER_CANCEL_ASKED,
                     user_id ? "cancelled by the customer" : "cancelled by an operator"))
        return OK;
    return save_and_announce(ctx, out, user_id ? "customer" : "operator");
}

/* Keep what the event tells beside its meaning for the status. */
static bool learn(struct order *o, const struct order_news *news)
{
    bool learned = false;

    if (*news->reservation_id && !*o->reservation_id) {
        o->reservation_id = news->reservation_id;
        learned = true;
    }
    if (*news->tracking_number && !*o->tracking_number) {
        o->tracking_number = news->tracking_number;
        learned = true;
    }
    if (order_settles(news->event) && !o->settled) {
        o->settled = true;
        learned = true;
    }
    return learned;
}

struct err order_hear(struct ctx *ctx, const struct order_news *news)
{
    struct order_entry entries[2] = {
        {
         .event_id = news->event_id,
         .type = news->type,
         .source = news->source,
         .time = news->time,
         .cause = news->cause,
         .detail = news->detail,
         }
    };
    struct order o;
    struct err err;
    bool learned, moved;

    err = store_lock(ctx, news->order_id, NULL, &o);
    if (err.code)
        return err;
    learned = learn(&o, news);
    moved = order_apply(&o, news->event, news->detail);
    if (learned || moved) {
        err = store_save(ctx, &o);
        if (err.code)
            return err;
    }
    if (moved) {
        err = announce(ctx, &o, news->event_id, &entries[1]);
        if (err.code)
            return err;
    }
    return store_note(ctx, o.id, entries, moved ? 2 : 1);
}

/* The same announcement under a new id, which an inbox has not seen: its receiver answers
 * with what it has. To the bus alone and not in the timeline, for it is no news. */
static struct err ask_again(struct ctx *ctx, const struct order *o)
{
    const struct outbox_event e = {
        .type = order_announcement(o->status),
        .subject = o->id,
        .data = wire_announcement(ctx, o),
        .to = OUTBOX_BUS,
    };

    return outbox_add(ctx, &e, NULL);
}

/* One that is done has a deadline only when an instance from before migration 0004 ended it: to
 * save it takes that away. */
static struct err press(struct ctx *ctx, struct order *o)
{
    if (order_is_done(o))
        return store_save(ctx, o);
    if (order_apply(o, ORDER_EXPIRED, "not finished in time"))
        return save_and_announce(ctx, o, "deadline");
    return ask_again(ctx, o);
}

struct err order_expire(struct ctx *ctx, int64_t limit, size_t *n)
{
    struct order *list;
    struct err err;

    err = store_lock_expired(ctx, limit, &list, n);
    for (size_t i = 0; !err.code && i < *n; i++)
        err = press(ctx, &list[i]);
    if (!err.code && *n > 0)
        err = store_asked(ctx, list, *n, deadline_s);
    return err;
}
