/* batch.c - events handled many at a time, or one by one. */
#include "batch.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "inbox.h"
#include "log.h"
#include "metrics.h"

/* As metrics know them. */
enum outcome { HANDLED, DUPLICATE, RETRIED, BURIED, OUTCOMES };

static const char *const outcome_names[OUTCOMES] = {"handled", "duplicate", "retried", "buried"};

struct batch {
    struct arena *arena; /* holds this */
    event_ahead *ahead;
    const struct subscription *list;
    size_t n;
    struct metric *(*events)[OUTCOMES]; /* for each subscription, then for all other types */
    struct metric *units, *seconds, *age;
};

/* --- fates ------------------------------------------------------------------ */

/* Whether trying again can help: not against what the event itself says. */
static const bool passing[] = {
    [ERR_INVALID] = false,    [ERR_UNAUTHENTICATED] = false, [ERR_FORBIDDEN] = false,
    [ERR_NOT_FOUND] = false,  [ERR_CONFLICT] = false,        [ERR_UNPROCESSABLE] = false,
    [ERR_UNAVAILABLE] = true, [ERR_INTERNAL] = true,
};

enum fate batch_fate(enum err_code outcome, bool may_retry)
{
    if (outcome == ERR_OK)
        return FATE_DONE;
    return passing[outcome] && may_retry ? FATE_LATER : FATE_BURY;
}

static void count(struct batch *b, const struct envelope *e, enum outcome outcome)
{
    size_t i = 0;

    while (i < b->n && strcmp(b->list[i].type, e->type) != 0)
        i++;
    metric_add(b->events[i][outcome], 1);
}

/* From when it happened until now, by the wall clocks of two services. */
static void observe_age(struct batch *b, const char *time)
{
    struct tm tm = {0};
    const char *fraction = strptime(time, "%Y-%m-%dT%H:%M:%S", &tm); /* ".123Z" */
    int64_t at_ms;

    if (!fraction)
        return;
    at_ms = (int64_t)timegm(&tm) * 1000 + (int64_t)(strtod(fraction, NULL) * 1000);
    metric_observe_us(b->age, (clock_now_ms() - at_ms) * 1000);
}

enum fate batch_judge(struct batch *b, const struct envelope *e, bool may_retry)
{
    const enum fate fate = batch_fate(e->outcome.code, may_retry);

    switch (fate) {
    case FATE_DONE:
        count(b, e, e->duplicate ? DUPLICATE : HANDLED);
        observe_age(b, e->time);
        break;
    case FATE_LATER:
        count(b, e, RETRIED);
        log_warn("event %s (%s) will be tried again: %s", e->id, e->type, e->outcome.msg);
        break;
    case FATE_BURY:
        count(b, e, BURIED);
        log_error("event %s (%s) is buried: %s", e->id, e->type, e->outcome.msg);
        break;
    }
    return fate;
}

/* --- handling --------------------------------------------------------------- */

/* What the handler does, and logs, belongs to the event's flow. */
static void enter(struct ctx *ctx, const struct event *e)
{
    ctx->trace = trace_continue(e->traceparent);
    ctx->causation_id = e->id;
    ctx->correlation_id = *e->correlation_id ? e->correlation_id : NULL;
    log_context(ctx);
}

static void leave(struct ctx *ctx)
{
    log_context(NULL);
    ctx->trace = (struct trace){0};
    ctx->causation_id = ctx->correlation_id = NULL;
}

static struct err read_all(struct ctx *ctx, struct envelope list[], struct event events[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct envelope *m = &list[i];

        m->outcome = event_parse(ctx->arena, m->text, m->len, &events[i]);
        if (m->outcome.code)
            return m->outcome;
        m->id = events[i].id;
        m->type = events[i].type;
        m->time = events[i].time;
    }
    return OK;
}

static void announce_subjects(struct ctx *ctx, const struct event events[], size_t n)
{
    const char **subjects = arena_array(ctx->arena, const char *, n);

    for (size_t i = 0; i < n; i++)
        subjects[i] = events[i].subject;
    ctx->subjects = subjects;
    ctx->nsubjects = n;
}

/* Which of them are new, and what they are about, in one round trip. */
static struct err note_all(struct ctx *ctx, struct envelope list[], const struct event events[],
                           size_t n, event_ahead *ahead)
{
    const char **ids = arena_array(ctx->arena, const char *, n);
    bool *first = arena_array(ctx->arena, bool, n);
    struct db_rows noted;
    struct err err;

    for (size_t i = 0; i < n; i++)
        ids[i] = list[i].id;
    if (ahead)
        announce_subjects(ctx, events, n);
    err = inbox_note(ctx, ids, n, &noted);
    if (!err.code)
        err = ahead ? ahead(ctx) : db_flush(ctx);
    inbox_tell(ctx, &noted, ids, n, first);
    for (size_t i = 0; i < n; i++)
        list[i].duplicate = !err.code && !first[i];
    return err;
}

static struct err handle(struct batch *b, struct ctx *ctx, const struct event *e)
{
    struct err err;

    enter(ctx, e);
    err = event_dispatch(ctx, e, b->list, b->n);
    leave(ctx);
    return err;
}

static struct err handle_all(struct batch *b, struct ctx *ctx, struct envelope list[],
                             const struct event events[], size_t n, event_ahead *ahead)
{
    struct err err = note_all(ctx, list, events, n, ahead);

    for (size_t i = 0; !err.code && i < n; i++)
        if (!list[i].duplicate)
            err = handle(b, ctx, &events[i]);
    return err;
}

/* All in one unit of work. */
static struct err handle_together(struct batch *b, struct ctx *ctx, struct envelope list[],
                                  size_t n, event_ahead *ahead)
{
    struct event *events = arena_array(ctx->arena, struct event, n);
    struct err err = read_all(ctx, list, events, n);

    if (err.code)
        return err;
    ctx->nsubjects = 0;
    ctx->ahead = NULL;
    db_unit_begin(ctx, DB_WRITE);
    err = handle_all(b, ctx, list, events, n, ahead);
    if (!err.code)
        err = db_unit_commit(ctx);
    db_unit_rollback(ctx);
    return err;
}

static struct err gone(const struct ctx *ctx)
{
    return db_healthy(ctx->db)
               ? OK
               : (struct err){ERR_UNAVAILABLE, "the database is gone or full, so events wait"};
}

/* What went wrong in one unit is not worth knowing: each is told its own fault. */
static struct err handle_each(struct batch *b, struct ctx *ctx, struct envelope list[], size_t n)
{
    struct err err = OK;

    for (size_t i = 0; !err.code && i < n; i++) {
        list[i].outcome = handle_together(b, ctx, &list[i], 1, NULL);
        err = gone(ctx);
    }
    return err;
}

struct err batch_handle(struct batch *b, struct ctx *ctx, struct envelope list[], size_t n)
{
    const int64_t began = clock_mono_ms();
    struct err err;

    metric_add(b->units, 1);
    err = handle_together(b, ctx, list, n, b->ahead);
    if (err.code) {
        if (n == 1)
            list[0].outcome = err;
        err = gone(ctx);
        if (!err.code && (n > 1 || b->ahead))
            err = handle_each(b, ctx, list, n);
    }
    metric_observe_us(b->seconds, (clock_mono_ms() - began) * 1000);
    return err;
}

/* --- making ----------------------------------------------------------------- */

static void make_counters(struct batch *b, const char *source, size_t i, const char *type)
{
    for (int o = 0; o < OUTCOMES; o++)
        b->events[i][o] =
            metric_counter("waybill_events_handled_total",
                           arena_printf(b->arena, "queue=\"%s\",type=\"%s\",outcome=\"%s\"", source,
                                        type, outcome_names[o]),
                           "Events by what became of them.");
}

struct batch *batch_new(const char *source, event_ahead *ahead, const struct subscription list[],
                        size_t n)
{
    struct arena *a = arena_new();
    struct batch *b = arena_alloc(a, sizeof(*b));
    const char *labels = arena_printf(a, "queue=\"%s\"", source);

    b->arena = a;
    b->ahead = ahead;
    b->list = list;
    b->n = n;
    b->events = arena_alloc_array(a, sizeof(*b->events), n + 1);
    for (size_t i = 0; i < n; i++)
        make_counters(b, source, i, list[i].type);
    make_counters(b, source, n, "other"); /* types are anybody's words: not one label each */
    b->units = metric_counter("waybill_event_batches_total", labels,
                              "Batches of events handled in one transaction each.");
    b->seconds = metric_histogram("waybill_event_batch_seconds", labels,
                                  "Time to handle a batch of events.");
    b->age = metric_histogram("waybill_event_age_seconds", labels,
                              "From when an event happened until it was handled.");
    return b;
}

void batch_free(struct batch *b)
{
    if (b)
        arena_free(b->arena);
}
