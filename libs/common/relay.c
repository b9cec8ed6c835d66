/* relay.c - rows of the outbox to RabbitMQ or to a Redis Stream. */
#include "relay.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "log.h"
#include "metrics.h"
#include "outbox.h"

enum {
    BATCH = 200,
    CONFIRM_MS = 5000,
    SWEEP_MS = 1000,
    DWELL_MS = 20, /* how long a transaction waits for more to relay, */
    UNIT_MS = 100, /* and how long it lasts at the most while more comes */
};

struct row {
    int64_t seq;
    const char *event_id, *type, *subject, *envelope, *traceparent;
    bool optional;
    bool refused; /* set by 'send': it could not be delivered, though others could */
};

struct relay {
    enum outbox_destination destination;
    struct err (*connect)(struct relay *r, struct arena *a);
    struct err (*send)(struct relay *r, struct arena *a, struct row rows[], size_t n);
    void (*disconnect)(struct relay *r);
    /* to RabbitMQ */
    const struct bus_address *broker;
    struct bus *bus;
    /* to Redis */
    struct stream *stream;
    const char *key, *script;

    /* Where to begin to look, between two looks at everything; see 'begin' */
    int64_t from, next_from, highest, sweep_ms;
    size_t alone;          /* how many rows to send one by one, after a batch that failed */
    int64_t sent, put_off; /* in this transaction, to be counted when it is committed */
    int64_t dwell_ms;
    struct metric *relayed, *refused, *batches;
};

/* --- to RabbitMQ ------------------------------------------------------------ */

static void bus_disconnect(struct relay *r)
{
    bus_close(r->bus);
    r->bus = NULL;
}

static struct err bus_connect(struct relay *r, struct arena *a)
{
    return r->bus ? bus_idle(r->bus, a) : bus_open(a, r->broker, &r->bus);
}

static struct err bus_send(struct relay *r, struct arena *a, struct row rows[], size_t n)
{
    struct row **sent = arena_array(a, struct row *, n);
    bool *refused = arena_array(a, bool, n);
    size_t nsent = 0;
    struct err err;

    for (size_t i = 0; i < n; i++) {
        const struct message m = {
            .id = rows[i].event_id,
            .type = rows[i].type,
            .traceparent = rows[i].traceparent,
            .body = rows[i].envelope,
            .body_len = strlen(rows[i].envelope),
        };

        err = bus_publish(r->bus, a, &m, !rows[i].optional);
        rows[i].refused = err.code == ERR_INVALID;
        if (!err.code)
            sent[nsent++] = &rows[i];
        else if (err.code != ERR_INVALID)
            return err;
    }
    err = bus_confirm(r->bus, a, refused, nsent, CONFIRM_MS);
    for (size_t i = 0; !err.code && i < nsent; i++)
        sent[i]->refused = refused[i];
    return err;
}

/* --- to Redis --------------------------------------------------------------- */

static void stream_disconnect(struct relay *r)
{
    (void)r; /* it closes by itself after an error */
}

static struct err stream_connect(struct relay *r, struct arena *a)
{
    (void)r, (void)a; /* on first use */
    return OK;
}

static struct err stream_send(struct relay *r, struct arena *a, struct row rows[], size_t n)
{
    enum { ARGS = 4 };
    const char *const **calls = arena_array(a, const char *const *, n);

    for (size_t i = 0; i < n; i++) {
        const char **args = arena_array(a, const char *, ARGS);

        args[0] = rows[i].event_id;
        args[1] = rows[i].type;
        args[2] = rows[i].subject;
        args[3] = rows[i].envelope;
        calls[i] = args;
    }
    return stream_eval(r->stream, a, r->script, r->key, calls, n, ARGS);
}

/* --- rows ------------------------------------------------------------------- */

/* What was deleted stays in the index until a vacuum, and each look from the beginning walks
 * over all of it. So between sweeps a look begins where the last sweep but one had got to: a
 * second at least, in which transactions that have their number commit. What takes longer,
 * was put off, or was left by another instance is found by the next sweep. */
static int64_t begin(const struct relay *r, bool *sweep)
{
    *sweep = r->alone > 0 || clock_mono_ms() >= r->sweep_ms;
    return *sweep ? 0 : r->from;
}

static void swept(struct relay *r)
{
    r->from = r->next_from;
    r->next_from = r->highest;
    r->sweep_ms = clock_mono_ms() + SWEEP_MS;
}

static struct err take(struct ctx *ctx, struct relay *r, struct row **out, size_t *n)
{
    enum { SEQ, EVENT_ID, TYPE, SUBJECT, ENVELOPE, TRACEPARENT, OPTIONAL };
    const size_t max = r->alone ? 1 : BATCH;
    bool sweep;
    const int64_t from = begin(r, &sweep);
    struct db_rows found;
    struct err err = db_exec(ctx, &found,
                             "SELECT seq, event_id, type, subject, envelope, traceparent, optional"
                             " FROM outbox WHERE destination = $1 AND seq >= $3"
                             " AND due_at <= clock_timestamp()"
                             " ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED",
                             db_param_int(ctx, r->destination), db_param_int(ctx, (int64_t)max),
                             db_param_int(ctx, from));

    if (err.code)
        return err;
    *n = (size_t)found.count;
    if (sweep && *n < max)
        swept(r);
    *out = arena_array(ctx->arena, struct row, *n);
    for (int i = 0; i < found.count; i++)
        (*out)[i] = (struct row){
            .seq = db_int(&found, i, SEQ),
            .event_id = db_str(&found, i, EVENT_ID),
            .type = db_str(&found, i, TYPE),
            .subject = db_str(&found, i, SUBJECT),
            .envelope = db_str(&found, i, ENVELOPE),
            .traceparent = db_str(&found, i, TRACEPARENT),
            .optional = db_bool(&found, i, OPTIONAL),
        };
    return OK;
}

/* Some rows of a batch. To a planner that takes the table for empty, to look through all of it
 * is as good as to look up a list: so it is told where the batch begins and ends. */
#define THESE " WHERE destination = $1 AND seq BETWEEN $2 AND $3 AND seq = ANY($4::bigint[])"

/* The rows that were refused, or those that were not, for = ANY($1). */
static const char *seqs(struct ctx *ctx, const struct row rows[], size_t n, bool refused,
                        size_t *count)
{
    int64_t *list = arena_array(ctx->arena, int64_t, n);

    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i].refused == refused)
            list[(*count)++] = rows[i].seq;
    return db_param_ints(ctx, list, *count);
}

static struct err forget(struct ctx *ctx, struct relay *r, const struct row rows[], size_t n)
{
    size_t count;
    const char *list = seqs(ctx, rows, n, false, &count);

    if (count == 0)
        return OK;
    r->sent += (int64_t)count;
    for (size_t i = 0; i < n; i++)
        if (rows[i].seq > r->highest)
            r->highest = rows[i].seq;
    return db_later(ctx, "DELETE FROM outbox" THESE, db_param_int(ctx, r->destination),
                    db_param_int(ctx, rows[0].seq), db_param_int(ctx, rows[n - 1].seq), list);
}

/* Due again after 1, 2, 4 … 60 seconds. */
static struct err postpone(struct ctx *ctx, struct relay *r, const struct row rows[], size_t n)
{
    size_t count, first = 0;
    const char *list = seqs(ctx, rows, n, true, &count);

    if (count == 0)
        return OK;
    r->put_off += (int64_t)count;
    while (!rows[first].refused)
        first++;
    log_warn("not taken, still in the outbox: %zu, the first is %s (%s)", count,
             rows[first].event_id, rows[first].type);
    return db_later(
        ctx,
        "UPDATE outbox SET attempts = attempts + 1,"
        " due_at = now() + least(power(2, least(attempts, 6)), 60) * interval '1 second'" THESE,
        db_param_int(ctx, r->destination), db_param_int(ctx, rows[0].seq),
        db_param_int(ctx, rows[n - 1].seq), list);
}

/* --- the step --------------------------------------------------------------- */

static void begin_unit(struct ctx *ctx, struct relay *r)
{
    db_unit_begin(ctx, DB_WRITE);
    r->sent = r->put_off = 0;
}

static struct err commit_unit(struct ctx *ctx, struct relay *r)
{
    struct err err = db_unit_commit(ctx);

    if (!err.code) {
        metric_add(r->relayed, r->sent);
        metric_add(r->refused, r->put_off);
    }
    return err;
}

/* The connection broke over what we sent, so it may be the fault of one row: the next
 * time they go one by one, and the row that breaks it alone waits like a refused one. */
static struct err send_failed(struct ctx *ctx, struct relay *r, struct row rows[], size_t n,
                              struct err why)
{
    struct err err = commit_unit(ctx, r); /* of what was sent before */

    r->disconnect(r);
    if (err.code || why.code != ERR_INTERNAL)
        return why;
    if (n > 1) {
        r->alone = n;
        return why;
    }
    begin_unit(ctx, r);
    rows[0].refused = true;
    err = postpone(ctx, r, rows, n);
    if (!err.code)
        err = commit_unit(ctx, r);
    return err.code ? err : why;
}

static struct err relay_batch(struct ctx *ctx, struct relay *r, size_t *n)
{
    struct row *rows;
    struct err err = take(ctx, r, &rows, n);

    if (!err.code && *n == 0)
        r->alone = 0;
    if (err.code || *n == 0)
        return err;
    metric_add(r->batches, 1);
    err = r->send(r, ctx->arena, rows, *n);
    if (err.code)
        return send_failed(ctx, r, rows, *n, err);
    r->alone -= r->alone > 0;
    err = forget(ctx, r, rows, *n);
    return err.code ? err : postpone(ctx, r, rows, *n);
}

/* What was sent is deleted by the statement that travels with the next look, and all that one
 * transaction has deleted is committed at once: when there are events they come closer
 * together than commits should. */
static struct err relay_unit(struct ctx *ctx, struct relay *r, bool *more)
{
    const int64_t until = clock_mono_ms() + UNIT_MS;
    const bool alone = r->alone > 0;
    size_t n = 0, all = 0;
    struct err err;

    do {
        err = relay_batch(ctx, r, &n);
        all += n;
        *more = n > 0 && (alone || all >= BATCH || clock_mono_ms() >= until);
    } while (!err.code && n > 0 && !*more && worker_await(r->dwell_ms));
    return err.code ? err : commit_unit(ctx, r);
}

struct err relay_step(struct ctx *ctx, void *arg, bool *more)
{
    struct relay *r = arg;
    struct err err = r->connect(r, ctx->arena);

    if (err.code) {
        r->disconnect(r);
        return err;
    }
    begin_unit(ctx, r);
    err = relay_unit(ctx, r, more);
    db_unit_rollback(ctx); /* unless committed */
    return err;
}

/* --- making ----------------------------------------------------------------- */

static struct relay *relay_new(enum outbox_destination destination, const char *labels)
{
    struct relay *r = calloc(1, sizeof(*r));

    if (!r)
        abort();
    r->destination = destination;
    r->relayed =
        metric_counter("waybill_outbox_relayed_total", labels, "Events that left the outbox.");
    r->refused = metric_counter("waybill_outbox_refused_total", labels,
                                "Times that an event was not taken and stayed in the outbox.");
    r->batches = metric_counter("waybill_outbox_batches_total", labels,
                                "Batches of events sent with one confirmation each.");
    return r;
}

struct relay *relay_to_bus(const struct bus_address *broker)
{
    struct relay *r = relay_new(OUTBOX_BUS, "destination=\"bus\"");

    r->connect = bus_connect;
    r->send = bus_send;
    r->disconnect = bus_disconnect;
    r->broker = broker;
    r->dwell_ms = DWELL_MS;
    return r;
}

struct relay *relay_to_stream(const struct stream_address *redis, const char *stream,
                              const char *script)
{
    struct relay *r = relay_new(OUTBOX_STREAM, "destination=\"stream\"");

    r->connect = stream_connect;
    r->send = stream_send;
    r->disconnect = stream_disconnect;
    r->stream = stream_open(redis);
    r->key = stream;
    r->script = script;
    return r;
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    bus_close(r->bus);
    stream_close(r->stream);
    free(r);
}
