/* outbox_watch.c - looks at the outbox and raises alarms. */
#include "outbox_watch.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "db.h"
#include "health.h"
#include "log.h"
#include "metrics.h"
#include "outbox.h"

enum alarm { OLD, FULL, NALARMS };

static const struct {
    const char *name, *labels, *counts;
} alarms[NALARMS] = {
    [OLD] = {"outbox_old",  "name=\"outbox_old\"",  "seconds that the oldest event waits"     },
    [FULL] = {"outbox_full", "name=\"outbox_full\"", "events that wait, so new work is refused"},
};

static struct {
    struct metric *on[NALARMS], *events, *oldest_bus, *oldest_stream;
    struct health_check *health;
} watch;

static atomic_bool raised[NALARMS]; /* set by one thread, read by those that take work */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void)
{
    static const char oldest[] = "waybill_outbox_oldest_seconds";
    static const char age[] = "Age of the oldest event in the outbox.";

    for (int i = 0; i < NALARMS; i++)
        watch.on[i] = metric_gauge("waybill_alarms", alarms[i].labels, "1: somebody should look.");
    watch.events =
        metric_gauge("waybill_outbox_events", NULL,
                     "Events in the outbox when it has a backlog of 5 s, up to its limit.");
    watch.oldest_bus = metric_gauge(oldest, "destination=\"bus\"", age);
    watch.oldest_stream = metric_gauge(oldest, "destination=\"stream\"", age);
    watch.health = health_check("outbox", HEALTH_TOLD);
    health_set(watch.health, true); /* what an earlier instance left keeps nobody from starting */
}

/* On at the limit, off below its half: what hovers about the limit is told once. */
static void judge(enum alarm alarm, int64_t value, int64_t limit)
{
    const bool was = raised[alarm], is = was ? value * 2 >= limit : value >= limit;

    if (is && !was)
        log_error("alarm %s: %s: %" PRId64 ", and the limit is %" PRId64
                  "; see docs/runbooks/outbox-grows.md",
                  alarms[alarm].name, alarms[alarm].counts, value, limit);
    if (was && !is)
        log_info("alarm %s is over", alarms[alarm].name);
    raised[alarm] = is;
    metric_set(watch.on[alarm], is);
}

struct err outbox_watch(struct ctx *ctx, void *arg, bool *more)
{
    enum { BUS_AGE, STREAM_AGE, EVENTS };
    const struct outbox_limits *limits = arg;
    int64_t bus, stream;
    struct db_rows found;
    struct err err;

    *more = false;
    pthread_once(&once, make);
    /* The first rows of an index. To count would mean to read a table whose rows come and
     * go: only when there is a backlog, and no further than the limit. */
    err = db_exec(
        ctx, &found,
        "WITH oldest AS (SELECT"
        " (SELECT created_at FROM outbox WHERE destination = 1 ORDER BY seq LIMIT 1) AS bus,"
        " (SELECT created_at FROM outbox WHERE destination = 2 ORDER BY seq LIMIT 1) AS stream)"
        " SELECT extract(epoch FROM clock_timestamp() - bus)::bigint,"
        " extract(epoch FROM clock_timestamp() - stream)::bigint,"
        " CASE WHEN least(bus, stream) < clock_timestamp() - interval '5 seconds' THEN"
        " (SELECT count(*) FROM (SELECT FROM outbox LIMIT $1::bigint) AS counted) END"
        " FROM oldest",
        db_param_int(ctx, limits->events));
    if (err.code)
        return err;
    bus = db_int(&found, 0, BUS_AGE);
    stream = db_int(&found, 0, STREAM_AGE);
    metric_set(watch.events, db_int(&found, 0, EVENTS));
    metric_set(watch.oldest_bus, bus);
    metric_set(watch.oldest_stream, stream);
    judge(OLD, bus > stream ? bus : stream, limits->old_s);
    judge(FULL, db_int(&found, 0, EVENTS), limits->events);
    health_set(watch.health, !raised[OLD] && !raised[FULL]);
    return OK;
}

struct err outbox_room(void)
{
    if (raised[FULL])
        return (struct err){ERR_UNAVAILABLE, "too much waits to be announced; try again later"};
    return OK;
}
