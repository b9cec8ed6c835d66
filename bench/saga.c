/* saga.c - orders at a rate, and what became of each. */
#include "saga.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "clock.h"
#include "shop.h"

enum { CONNECTIONS = 256, DRAIN_S = 180, POLL_MS = 200, ID_LEN = 36 };

const char *const moment_names[MOMENTS] = {"confirmed", "shipped", "notified"};

/* --- sending ------------------------------------------------------------------- */

static size_t write_order(void *arg, size_t n, char text[LOAD_MAX_REQUEST])
{
    (void)arg, (void)n;
    return shop_order(text, LOAD_MAX_REQUEST);
}

void saga_note(struct saga *s, int64_t due_ns, const char *body)
{
    static const char before[] = "\"id\":\"";
    const char *id = strstr(body, before);

    if (!id || strlen(id) < sizeof(before) + ID_LEN)
        die("an order without an id: %s", body);
    memcpy(s->id, id + sizeof(before) - 1, ID_LEN);
    s->due_ns = due_ns;
}

static void note_order(void *arg, size_t n, int64_t due_ns, const char *body)
{
    struct sagas *s = arg;

    (void)n;
    saga_note(&s->list[s->n++], due_ns, body);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* --- the end -------------------------------------------------------------------- */

static const struct {
    const char *service, *sql;
} work[] = {
  /* In the words of the partial index, which then answers. */
    {"order",        "SELECT count(*) FROM orders WHERE status IN ('PENDING', 'CONFIRMED', 'CANCELLING')"
              " OR (status = 'CANCELLED' AND NOT settled)"          },
    {"order",        "SELECT count(*) FROM outbox"                               },
    {"notification", "SELECT count(*) FROM notifications WHERE state = 'PENDING'"},
};

static bool busy(void)
{
    for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++)
        if (ask_number(work[i].service, work[i].sql) > 0)
            return true;
    return false;
}

/* Twice, for an event may be on its way through the stream at the first look. */
void sagas_drain(void)
{
    const int64_t deadline_ms = clock_mono_ms() + DRAIN_S * INT64_C(1000);

    for (int quiet = 0; quiet < 2; pause_ms(POLL_MS)) {
        quiet = busy() ? 0 : quiet + 1;
        if (clock_mono_ms() > deadline_ms)
            die("orders are not over after %d s", DRAIN_S);
    }
}

/* --- moments -------------------------------------------------------------------- */

#define COMMITTED "(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1e9)::bigint"

/* Ids are in order of creation, and what an order causes comes after it. */
static const struct {
    const char *service, *sql;
} sources[MOMENTS] = {
    {"order",        "SELECT order_id, " COMMITTED " FROM order_events"
              " WHERE order_id >= $1 AND type = 'order.confirmed'"                         },
    {"order",        "SELECT order_id, " COMMITTED " FROM order_events"
              " WHERE order_id >= $1 AND type = 'order.shipped'"                           },
    {"notification", "SELECT order_id, " COMMITTED " FROM notifications"
                     " WHERE id >= $1 AND kind = 'order.shipped' AND state = 'SENT'"},
};

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct saga *)a)->id, ((const struct saga *)b)->id);
}

static void learn(struct saga list[], size_t n, enum moment m)
{
    PGresult *res = ask(sources[m].service, sources[m].sql, list[0].id);
    const int rows = PQntuples(res);

    for (int i = 0; i < rows; i++) {
        struct saga key = {.due_ns = 0}, *found;

        snprintf(key.id, sizeof(key.id), "%s", PQgetvalue(res, i, 0));
        found = bsearch(&key, list, n, sizeof(key), by_id);
        if (found)
            found->at_ns[m] = strtoll(PQgetvalue(res, i, 1), NULL, 10);
    }
    PQclear(res);
}

void saga_moments(struct saga list[], size_t n)
{
    qsort(list, n, sizeof(*list), by_id);
    for (enum moment m = 0; m < MOMENTS; m++)
        learn(list, n, m);
    for (size_t i = 0; i < n; i++)
        for (int m = 0; m < MOMENTS; m++)
            if (!list[i].at_ns[m])
                die("order %s was never %s", list[i].id, moment_names[m]);
}

static double backlog_at(const struct sagas *s, int64_t when_ns)
{
    size_t open = 0;

    for (size_t i = 0; i < s->n; i++)
        open += s->list[i].due_ns < when_ns && s->list[i].at_ns[NOTIFIED] > when_ns;
    return (double)open / s->rate;
}

static void reckon(struct sagas *s)
{
    const int64_t began = s->load->began_ns, ended = s->load->ended_ns;
    size_t told = 0;

    for (size_t i = 0; i < s->n; i++) {
        const struct saga *saga = &s->list[i];

        told += saga->at_ns[NOTIFIED] >= began && saga->at_ns[NOTIFIED] < ended;
        for (int m = 0; m < MOMENTS && saga->due_ns >= began; m++)
            histogram_add(&s->took[m], saga->at_ns[m] - saga->due_ns);
    }
    s->completed = (double)told / s->seconds;
    s->backlog_half = backlog_at(s, began + (ended - began) / 2);
    s->backlog = backlog_at(s, ended);
}

/* --- a run ---------------------------------------------------------------------- */

struct sagas *sagas_run(double rate, double warm_s, double seconds)
{
    struct sagas *s = calloc(1, sizeof(*s));
    const struct load l = {
        .port = port_of("GATEWAY_URL"),
        .connections = CONNECTIONS,
        .rate = rate,
        .poisson = true,
        .warm_s = warm_s,
        .seconds = seconds,
        .request = write_order,
        .answered = note_order,
        .arg = s,
    };

    s->rate = rate;
    s->seconds = seconds;
    s->list = calloc(load_arrivals(&l), sizeof(*s->list));
    s->load = load_run(&l);
    if (!load_sane(s->load))
        die("orders are refused");
    s->clean = load_clean(s->load, "orders");
    sagas_drain();
    saga_moments(s->list, s->n);
    reckon(s);
    return s;
}

void sagas_free(struct sagas *s)
{
    free(s->load);
    free(s->list);
    free(s);
}

bool sagas_held(const struct sagas *s)
{
    const double most_backlog_s = 1, most_growth_s = fmax(0.1, s->seconds / 2 / 20);
    const int64_t most_late_ns = 50000000;

    return s->clean && s->backlog <= most_backlog_s &&
           s->backlog - s->backlog_half <= most_growth_s &&
           histogram_at(&s->load->late, 0.99) <= most_late_ns;
}
