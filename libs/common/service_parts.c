/* service_parts.c - the server, workers and readers that a service consists of. */
#include <string.h>

#include "arena.h"
#include "consumer.h"
#include "footprint.h"
#include "idempotency.h"
#include "inbox.h"
#include "log.h"
#include "outbox_watch.h"
#include "relay.h"
#include "service_internal.h"
#include "stream_reader.h"

enum {
    MAX_BODY = 64 * 1024,   /* of a request, bytes */
    IDLE_TIMEOUT_S = 75,    /* longer than the gateway keeps a connection unused */
    RELAY_PERIOD_MS = 1000, /* relays are woken by commits; this is for lost wakes */
    STREAM_LINGER_MS = 50,  /* mails may wait, and a saga may not */
    LOOK_PERIOD_MS = 1000,
    PRUNE_PERIOD_MS = 10000,
    PRUNE_BATCH = 1000,
    BATCH = 50, /* messages a transaction */
    PREFETCH = 200,
    CLAIM_IDLE_MS = 30000,
    MAX_DELIVERIES = 5,
    LAST_BATCHES = 20, /* relayed in a stop */
};

/* The worker without which no request can be answered. */
static const char needed[] = "database";

/* What runs. */
static struct {
    struct auth *auth;
    struct http_server *http;
    struct relay *bus_relay, *stream_relay;
    struct worker **workers; /* in order of starting */
    size_t nworkers;
    struct consumer *consumer;
    struct stream_reader *reader;
    int64_t keep_s;
    struct outbox_limits outbox;
} parts;

/* --- the work that every service has -------------------------------------- */

static struct err ping(struct ctx *ctx, void *arg, bool *more)
{
    (void)arg;
    *more = false;
    return db_ping(ctx);
}

static struct err prune(struct ctx *ctx, void *arg, bool *more)
{
    const int64_t keep_s = *(const int64_t *)arg;
    int events = 0, answers = 0;
    struct err err;

    footprint_trim();
    db_unit_begin(ctx, DB_WRITE);
    err = inbox_prune(ctx, keep_s, PRUNE_BATCH, &events);
    if (!err.code)
        err = idempotency_prune(ctx, keep_s, PRUNE_BATCH, &answers);
    if (err.code) {
        db_unit_rollback(ctx);
        return err;
    }
    *more = events == PRUNE_BATCH || answers == PRUNE_BATCH;
    return db_unit_commit(ctx);
}

/* --- starting ------------------------------------------------------------- */

struct err service_open_auth(const struct service_base *base)
{
    struct err err;

    if (!service_uses_tokens(base->service))
        return OK;
    err = auth_open(base->arena, base->settings->jwt_public_key, &parts.auth);
    if (err.code)
        return err_new(base->arena, err.code, "JWT_PUBLIC_KEY is %s", err.msg);
    return OK;
}

struct err service_serve(const struct service_base *base)
{
    const struct service_settings *c = base->settings;
    const struct service *s = base->service;

    return http_start(base->arena,
                      &(struct http_options){
                          .address = c->address,
                          .port = (uint16_t)c->port,
                          .workers = (unsigned)c->workers,
                          .queue_limit = (unsigned)c->queue_limit,
                          .wait_ms = (int)c->wait_ms,
                          .max_connections = (unsigned)c->max_connections,
                          .idle_timeout_s = IDLE_TIMEOUT_S,
                          .max_body = MAX_BODY,
                          .db = base->db,
                          .auth = parts.auth,
                          .routes = s->routes,
                          .nroutes = s->nroutes,
                      },
                      &parts.http);
}

static void start_worker(const struct service_base *base, struct worker_options opt)
{
    opt.needed = strcmp(opt.name, needed) == 0;
    opt.db = base->work_db;
    parts.workers[parts.nworkers++] = worker_start(&opt);
}

static int threads_of(const struct service_job *job)
{
    return job->threads > 0 ? job->threads : 1;
}

/* Relays come first, so that they are stopped last. */
static void start_workers(const struct service_base *base)
{
    enum { OURS = 4 }; /* two relays, pruner, database */
    const struct service *s = base->service;
    size_t n = OURS;

    for (size_t i = 0; i < s->njobs; i++)
        n += (size_t)threads_of(&s->jobs[i]);
    parts.keep_s = base->settings->keep_s;
    parts.outbox = (struct outbox_limits){.events = base->settings->outbox_max,
                                          .old_s = base->settings->outbox_old_s};
    parts.workers = arena_array(base->arena, struct worker *, n);
    if (s->publishes) {
        parts.bus_relay = relay_to_bus(&base->broker);
        start_worker(base, (struct worker_options){.name = "bus_relay",
                                                   .step = relay_step,
                                                   .arg = parts.bus_relay,
                                                   .wake_on = WAKE_BUS_RELAY,
                                                   .period_ms = RELAY_PERIOD_MS});
    }
    if (s->publishes_to_stream) {
        parts.stream_relay =
            relay_to_stream(&base->redis, s->publishes_to_stream, s->stream_script);
        start_worker(base, (struct worker_options){.name = "stream_relay",
                                                   .step = relay_step,
                                                   .arg = parts.stream_relay,
                                                   .wake_on = WAKE_STREAM_RELAY,
                                                   .period_ms = RELAY_PERIOD_MS,
                                                   .linger_ms = STREAM_LINGER_MS});
    }
    start_worker(base, (struct worker_options){.name = needed,
                                               .step = service_has_outbox(s) ? outbox_watch : ping,
                                               .arg = &parts.outbox,
                                               .period_ms = LOOK_PERIOD_MS});
    start_worker(base, (struct worker_options){.name = "pruner",
                                               .step = prune,
                                               .arg = &parts.keep_s,
                                               .period_ms = PRUNE_PERIOD_MS});
    for (size_t i = 0; i < s->njobs; i++)
        for (int t = 0; t < threads_of(&s->jobs[i]); t++)
            start_worker(base, (struct worker_options){.name = s->jobs[i].name,
                                                       .step = s->jobs[i].step,
                                                       .arg = s->jobs[i].arg,
                                                       .wake_on = WAKE_JOBS,
                                                       .period_ms = s->jobs[i].period_ms});
}

static void start_readers(const struct service_base *base)
{
    const struct service *s = base->service;

    if (s->nsubscriptions > 0)
        parts.consumer = consumer_start(&(struct consumer_options){
            .broker = base->broker,
            .db = base->work_db,
            .queue = s->name,
            .subscriptions = s->subscriptions,
            .nsubscriptions = s->nsubscriptions,
            .ahead = s->ahead,
            .batch = BATCH,
            .prefetch = PREFETCH,
        });
    if (s->stream)
        parts.reader = stream_reader_start(&(struct stream_reader_options){
            .redis = base->redis,
            .db = base->work_db,
            .stream = s->stream,
            .group = s->name,
            .consumer = base->settings->instance,
            .subscriptions = s->stream_subscriptions,
            .nsubscriptions = s->nstream_subscriptions,
            .batch = BATCH,
            .claim_idle_ms = CLAIM_IDLE_MS,
            .max_deliveries = MAX_DELIVERIES,
        });
}

void service_start_work(const struct service_base *base)
{
    start_workers(base);
    start_readers(base);
}

/* --- stopping ------------------------------------------------------------- */

/* What the last transactions announced; the relay's worker may have missed their wake. */
static void relay_rest(const struct service_base *base, struct relay *relay)
{
    struct ctx ctx = {.arena = arena_new(), .db = db_open(&base->work_db)};
    struct err err = OK;
    bool more = relay != NULL;

    for (int i = 0; more && i < LAST_BATCHES; i++) {
        more = false;
        err = relay_step(&ctx, relay, &more);
        more = more && !err.code;
    }
    if (err.code)
        log_warn("events are left for the next start: %s", err.msg);
    db_close(ctx.db);
    arena_free(ctx.arena);
    relay_free(relay);
}

void service_stop_all(const struct service_base *base)
{
    http_stop(parts.http);
    consumer_stop(parts.consumer);
    stream_reader_stop(parts.reader);
    while (parts.nworkers > 0)
        worker_stop(parts.workers[--parts.nworkers]);
    relay_rest(base, parts.bus_relay);
    relay_rest(base, parts.stream_relay);
}
