/* stream_reader.c - events from a Redis Stream to their handlers. */
#include "stream_reader.h"

#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "batch.h"
#include "clock.h"
#include "log.h"
#include "loop.h"

enum {
    BATCH = 50,
    CLAIM_IDLE_MS = 30000,
    MAX_DELIVERIES = 5,
    WAIT_MS = 500,
    FORGET_IDLE_MS = 6 * 3600 * 1000,
};

struct stream_reader {
    struct stream_reader_options opt;
    struct stream_consumer me;
    struct arena *arena; /* holds this */
    struct batch *batch;
    struct loop *loop;
    int64_t claim_at; /* by the monotonic clock */
};

/* --- settling --------------------------------------------------------------- */

static struct err bury(struct stream_reader *r, struct arena *a, struct stream *s,
                       const struct stream_entry *e, const char *reason)
{
    return stream_bury(s, a, &r->me, e, reason);
}

/* Entries that fail for now are left as they are: pending, until they are claimed. */
static struct err settle(struct stream_reader *r, struct arena *a, struct stream *s,
                         const struct stream_entry entries[], const struct envelope envelopes[],
                         size_t n)
{
    struct stream_entry *done = arena_array(a, struct stream_entry, n);
    size_t ndone = 0;
    struct err err = OK;

    for (size_t i = 0; !err.code && i < n; i++) {
        const bool may_retry = entries[i].deliveries < r->opt.max_deliveries;
        const enum fate fate = batch_judge(r->batch, &envelopes[i], may_retry);

        if (fate == FATE_DONE)
            done[ndone++] = entries[i];
        else if (fate == FATE_BURY)
            err = bury(r, a, s, &entries[i], envelopes[i].outcome.msg);
    }
    if (err.code)
        return err;
    return stream_done(s, a, &r->me, done, ndone);
}

/* Delivered too often yet never refused: whoever tried may have died of it. */
static struct err bury_deadly(struct stream_reader *r, struct arena *a, struct stream *s,
                              struct stream_entry entries[], size_t *n)
{
    size_t left = 0;
    struct err err = OK;

    for (size_t i = 0; !err.code && i < *n; i++) {
        const struct stream_entry *e = &entries[i];

        if (e->deliveries <= r->opt.max_deliveries) {
            entries[left++] = *e;
            continue;
        }
        log_error("entry %s is buried unopened: delivered %" PRId64 " times", e->id, e->deliveries);
        err = bury(r, a, s, e, arena_printf(a, "delivered %" PRId64 " times", e->deliveries));
    }
    *n = left;
    return err;
}

static struct err handle(struct stream_reader *r, struct ctx *ctx, struct stream *s,
                         struct stream_entry entries[], size_t n)
{
    struct envelope *envelopes = arena_array(ctx->arena, struct envelope, n);
    struct err err = bury_deadly(r, ctx->arena, s, entries, &n);

    if (err.code || n == 0)
        return err;
    for (size_t i = 0; i < n; i++) {
        const char *text = entries[i].event ? entries[i].event : "";

        envelopes[i] = (struct envelope){
            .text = text,
            .len = strlen(text),
            .id = entries[i].id,
            .type = "",
        };
    }
    err = batch_handle(r->batch, ctx, envelopes, n);
    if (err.code) {
        struct err ignored = stream_uncount(s, ctx->arena, &r->me, entries, n);

        (void)ignored; /* counted, then: Redis is gone, too */
        return err;
    }
    return settle(r, ctx->arena, s, entries, envelopes, n);
}

/* --- reading ---------------------------------------------------------------- */

/* What is waiting to be claimed; *n is 0 when there is nothing (left). */
static struct err claim(struct stream_reader *r, struct ctx *ctx, struct stream *s, int64_t idle_ms,
                        size_t *n)
{
    struct stream_entry *entries;
    struct err err;

    arena_reset(ctx->arena);
    err = stream_claim(s, ctx->arena, &r->me, idle_ms, r->opt.batch, &entries, n);
    if (err.code || *n == 0)
        return err;
    return handle(r, ctx, s, entries, *n);
}

/* What this consumer held when it stopped or lost a server. Those that fail stay, so
 * reading on would meet them again: one look, the rest comes with the stale ones. */
static struct err resume(struct stream_reader *r, struct ctx *ctx, struct stream *s)
{
    const int64_t own = 0;
    size_t n;

    return claim(r, ctx, s, own, &n);
}

/* An entry that failed is idle for its delay; so are those of a reader that died. */
static struct err claim_stale(struct stream_reader *r, struct ctx *ctx, struct stream *s,
                              struct loop *l)
{
    size_t n = 1;
    struct err err = OK;

    if (clock_mono_ms() < r->claim_at)
        return OK;
    while (!err.code && n > 0 && !loop_stopping(l))
        err = claim(r, ctx, s, r->opt.claim_idle_ms, &n);
    r->claim_at = clock_mono_ms() + r->opt.claim_idle_ms / 2;
    if (err.code)
        return err;
    arena_reset(ctx->arena);
    return stream_forget_idle(s, ctx->arena, &r->me, r->opt.forget_idle_ms);
}

static struct err read_new(struct stream_reader *r, struct ctx *ctx, struct stream *s)
{
    struct stream_entry *entries;
    size_t n;
    struct err err;

    arena_reset(ctx->arena);
    err = stream_read(s, ctx->arena, &r->me, r->opt.batch, WAIT_MS, &entries, &n);
    if (err.code || n == 0)
        return err;
    return handle(r, ctx, s, entries, n);
}

static struct err serve(struct ctx *ctx, struct loop *l, void *arg)
{
    struct stream_reader *r = arg;
    struct stream *s = stream_open(&r->opt.redis);
    struct err err = stream_group(s, ctx->arena, &r->me);

    if (!err.code)
        err = resume(r, ctx, s);
    if (!err.code)
        loop_connected(l);
    while (!err.code && !loop_stopping(l)) {
        err = claim_stale(r, ctx, s, l);
        if (!err.code)
            err = read_new(r, ctx, s);
        if (!err.code)
            loop_works(l);
    }
    stream_close(s);
    return err;
}

/* --- the thread ------------------------------------------------------------- */

struct stream_reader *stream_reader_start(const struct stream_reader_options *opt)
{
    struct arena *a = arena_new();
    struct stream_reader *r = arena_alloc(a, sizeof(*r));

    r->arena = a;
    r->opt = *opt;
    r->me = (struct stream_consumer){opt->stream, opt->group, opt->consumer};
    r->opt.batch = opt->batch ? opt->batch : BATCH;
    r->opt.claim_idle_ms = opt->claim_idle_ms ? opt->claim_idle_ms : CLAIM_IDLE_MS;
    r->opt.max_deliveries = opt->max_deliveries ? opt->max_deliveries : MAX_DELIVERIES;
    r->opt.forget_idle_ms = opt->forget_idle_ms ? opt->forget_idle_ms : FORGET_IDLE_MS;
    r->batch = batch_new(opt->stream, NULL, opt->subscriptions, opt->nsubscriptions);
    r->loop = loop_start(&(struct loop_options){
        .name = arena_printf(a, "stream reader %s", opt->stream),
        .health = "redis",
        .db = opt->db,
        .serve = serve,
        .arg = r,
    });
    return r;
}

void stream_reader_stop(struct stream_reader *r)
{
    if (!r)
        return;
    loop_stop(r->loop);
    batch_free(r->batch);
    arena_free(r->arena);
}
