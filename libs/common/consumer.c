/* consumer.c - events from a queue of RabbitMQ to their handlers. */
#include "consumer.h"

#include "arena.h"
#include "batch.h"
#include "loop.h"

enum { BATCH = 50, PREFETCH = 200, WAIT_MS = 500, CONFIRM_MS = 5000 };

struct consumer {
    struct consumer_options opt;
    struct arena *arena; /* holds this */
    const char **types;
    struct batch *batch;
    struct loop *loop;
};

/* The first message is waited for, the others are those that have arrived with it. */
static struct err receive(struct consumer *c, struct arena *a, struct bus *bus,
                          struct message messages[], int *n)
{
    bool got = true;
    struct err err = OK;

    *n = 0;
    while (!err.code && got && *n < c->opt.batch) {
        err = bus_next(bus, a, *n ? 0 : WAIT_MS, &messages[*n], &got);
        *n += got;
    }
    return err;
}

static struct err put_aside(struct consumer *c, struct arena *a, struct bus *bus,
                            const struct message *m, const struct envelope *e)
{
    const bool may_retry = m->attempts < BUS_RETRIES;
    struct message copy = *m;

    copy.queue = c->opt.queue;
    copy.error = e->outcome.msg;
    switch (batch_judge(c->batch, e, may_retry)) {
    case FATE_LATER: return bus_retry(bus, a, &copy);
    case FATE_BURY: return bus_bury(bus, a, &copy);
    default: return OK;
    }
}

/* What failed must be safe in another queue before it is acknowledged here. Deliveries
 * are numbered in order, so one acknowledgement answers for the whole batch. */
static struct err settle(struct consumer *c, struct arena *a, struct bus *bus,
                         const struct message messages[], const struct envelope envelopes[], int n)
{
    struct err err = OK;

    for (int i = 0; !err.code && i < n; i++)
        err = put_aside(c, a, bus, &messages[i], &envelopes[i]);
    if (!err.code)
        err = bus_confirm(bus, a, NULL, 0, CONFIRM_MS);
    if (!err.code)
        err = bus_ack(bus, a, messages[n - 1].delivery_tag, true);
    return err;
}

static struct err serve_batch(struct consumer *c, struct ctx *ctx, struct bus *bus)
{
    struct arena *a = ctx->arena;
    struct message *messages = arena_array(a, struct message, (size_t)c->opt.batch);
    struct envelope *envelopes = arena_array(a, struct envelope, (size_t)c->opt.batch);
    int n;
    struct err err = receive(c, a, bus, messages, &n);

    if (err.code || n == 0)
        return err;
    for (int i = 0; i < n; i++)
        envelopes[i] = (struct envelope){
            .text = messages[i].body,
            .len = messages[i].body_len,
            .id = messages[i].id,
            .type = messages[i].type,
        };
    err = batch_handle(c->batch, ctx, envelopes, (size_t)n);
    if (err.code)
        return err; /* closing the connection gives the messages back */
    return settle(c, a, bus, messages, envelopes, n);
}

static struct err serve(struct ctx *ctx, struct loop *l, void *arg)
{
    struct consumer *c = arg;
    struct bus *bus;
    struct err err = bus_open(ctx->arena, &c->opt.broker, &bus);

    if (!err.code)
        err = bus_subscribe(bus, ctx->arena, c->opt.queue, c->types, c->opt.nsubscriptions,
                            c->opt.prefetch);
    if (!err.code)
        loop_connected(l);
    while (!err.code && !loop_stopping(l)) {
        arena_reset(ctx->arena);
        err = serve_batch(c, ctx, bus);
        if (!err.code)
            loop_works(l);
    }
    bus_close(bus);
    return err;
}

struct consumer *consumer_start(const struct consumer_options *opt)
{
    struct arena *a = arena_new();
    struct consumer *c = arena_alloc(a, sizeof(*c));

    c->arena = a;
    c->opt = *opt;
    c->opt.batch = opt->batch ? opt->batch : BATCH;
    c->opt.prefetch = opt->prefetch ? opt->prefetch : PREFETCH;
    c->types = arena_array(a, const char *, opt->nsubscriptions);
    for (size_t i = 0; i < opt->nsubscriptions; i++)
        c->types[i] = opt->subscriptions[i].type;
    c->batch = batch_new(opt->queue, opt->ahead, opt->subscriptions, opt->nsubscriptions);
    c->loop = loop_start(&(struct loop_options){
        .name = arena_printf(a, "consumer %s", opt->queue),
        .health = "rabbitmq",
        .db = opt->db,
        .serve = serve,
        .arg = c,
    });
    return c;
}

void consumer_stop(struct consumer *c)
{
    if (!c)
        return;
    loop_stop(c->loop);
    batch_free(c->batch);
    arena_free(c->arena);
}
