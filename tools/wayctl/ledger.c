/* ledger.c - ledger verify: the invariants of the whole system, while it runs.
 *
 * Some hold at every moment. Others hold when no work is under way; for these the figures are
 * read until two readings agree and show no work, for as long as the caller will wait. If that
 * never comes, they are not known; nor is what only a server knows that does not answer. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "audit.h"
#include "clock.h"
#include "command.h"
#include "db.h"
#include "letters.h"

enum { PAUSE_MS = 300 };

/* Who is asked: the services' databases, and these. */
enum { RABBITMQ = SERVICES, REDIS, PROVIDER, SOURCES };

enum figure {
    NOTHING, /* is always 0, to be compared with */
    /* work that is under way */
    UNDER_WAY,
    OUTBOX_ORDER,
    OUTBOX_INVENTORY,
    OUTBOX_PAYMENT,
    PAYING,
    TELLING,
    QUEUED,
    STREAMED,
    /* what there is when it is done */
    OVERDUE,
    DEAD,
    KEPT,
    SHIPPED,
    CAPTURED,
    REFUNDED,
    THEY_CAPTURED,
    THEY_REFUNDED,
    CHARGED_TWICE,
    RESERVED,
    ODD_STOCK,
    DISPATCHED,
    SHIPPED_PIECES,
    EVENTS,
    TOLD,
    FIGURES,
};
enum { FIRST_WORK = UNDER_WAY, LAST_WORK = STREAMED };

/* clang-format off */
static const struct {
    int of;
    const char *name, *sql; /* without SQL it is no database that knows */
} figures[FIGURES] = {
    [UNDER_WAY] = {ORDER, "orders that are not over, or not settled",
     "SELECT count(*) FROM orders WHERE status NOT IN ('SHIPPED', 'CANCELLED')"
     " OR (status = 'CANCELLED' AND NOT settled)"},
    [OUTBOX_ORDER] = {ORDER, "events in the order outbox",
     "SELECT count(*) FROM outbox"},
    [OUTBOX_INVENTORY] = {INVENTORY, "events in the inventory outbox",
     "SELECT count(*) FROM outbox"},
    [OUTBOX_PAYMENT] = {PAYMENT, "events in the payment outbox",
     "SELECT count(*) FROM outbox"},
    [PAYING] = {PAYMENT, "payments in the provider's hands",
     "SELECT count(*) FROM payments WHERE state IN ('CHARGING', 'GIVING_UP', 'REFUNDING')"},
    [TELLING] = {NOTIFICATION, "undelivered notifications",
     "SELECT count(*) FROM notifications WHERE state = 'PENDING'"},
    [QUEUED] = {RABBITMQ, "messages in queues", NULL},
    [STREAMED] = {REDIS, "entries in the stream", NULL},
    [OVERDUE] = {ORDER, "orders a minute past their deadline",
     "SELECT count(*) FROM orders WHERE deadline_at < now() - interval '1 minute'"},
    [DEAD] = {RABBITMQ, "dead letters", NULL},
    [KEPT] = {PAYMENT, "captured less refunded",
     "SELECT coalesce(sum(amount), 0)::bigint FROM payments WHERE state = 'CAPTURED'"},
    [SHIPPED] = {ORDER, "total of the shipped orders",
     "SELECT coalesce(sum(total), 0)::bigint FROM orders WHERE status = 'SHIPPED'"},
    [CAPTURED] = {PAYMENT, "captured",
     "SELECT (coalesce(sum(amount) FILTER (WHERE state = 'CAPTURED'), 0)"
     " + coalesce(sum(refunded), 0))::bigint FROM payments"},
    [REFUNDED] = {PAYMENT, "refunded",
     "SELECT coalesce(sum(refunded), 0)::bigint FROM payments"},
    [THEY_CAPTURED] = {PROVIDER, "captured, says the provider", NULL},
    [THEY_REFUNDED] = {PROVIDER, "refunded, says the provider", NULL},
    [CHARGED_TWICE] = {PROVIDER, "orders for which the provider captured more than one charge", NULL},
    [RESERVED] = {INVENTORY, "pieces reserved",
     "SELECT coalesce(sum(reserved), 0)::bigint FROM products"},
    [ODD_STOCK] = {INVENTORY, "products whose stock does not add up",
     "SELECT count(*) FROM products WHERE on_hand < 0 OR reserved < 0"
     " OR reserved > on_hand OR on_hand <> initial + restocked - dispatched"},
    [DISPATCHED] = {INVENTORY, "pieces dispatched",
     "SELECT coalesce(sum(dispatched), 0)::bigint FROM products"},
    [SHIPPED_PIECES] = {ORDER, "pieces in shipped orders",
     "SELECT coalesce(sum(quantity), 0)::bigint FROM order_lines"
     " JOIN orders ON id = order_id WHERE status = 'SHIPPED'"},
    [EVENTS] = {ORDER, "events of orders",
     "SELECT count(*) FROM order_events WHERE source = 'order'"},
    [TOLD] = {NOTIFICATION, "notifications",
     "SELECT count(*) FROM notifications"},
};
/* clang-format on */

static const struct {
    const char *claim;
    enum figure a, b; /* are the same */
    int invariant;
    bool needs_quiet;
} checks[] = {
    {"no order is a minute past its deadline",       OVERDUE,       NOTHING,        1, false},
    {"every order is over",                          UNDER_WAY,     NOTHING,        1, true },
    {"the money kept is that of the shipped orders", KEPT,          SHIPPED,        2, true },
    {"our books and the provider's agree: captured", CAPTURED,      THEY_CAPTURED,  2, true },
    {"our books and the provider's agree: refunded", REFUNDED,      THEY_REFUNDED,  2, true },
    {"no order is charged twice",                    CHARGED_TWICE, NOTHING,        2, false},
    {"stock adds up and never was oversold",         ODD_STOCK,     NOTHING,        3, false},
    {"nothing is reserved",                          RESERVED,      NOTHING,        3, true },
    {"what was dispatched is what was shipped",      DISPATCHED,    SHIPPED_PIECES, 3, true },
    {"each event of an order has one notification",  EVENTS,        TOLD,           4, true },
    {"there are no dead letters",                    DEAD,          NOTHING,        4, false},
};

/* --- reading the figures ------------------------------------------------------------------ */

struct reading {
    int64_t v[FIGURES];
    bool unknown[FIGURES];
    const char *why[SOURCES]; /* it does not answer; NULL: it does */
};

static const char *source_name(int source)
{
    static const char *const others[] = {"RabbitMQ", "Redis", "provider"};

    return source < SERVICES ? service_name((enum service)source) : others[source - SERVICES];
}

static void read_database(struct call *c, struct reading *r, size_t figure)
{
    const enum service s = (enum service)figures[figure].of;
    struct db_rows rows;
    struct err err = OK;

    if (!r->why[s])
        err = db_exec_params(world_db(c, s), &rows, figures[figure].sql, NULL, 0);
    if (err.code)
        r->why[s] = err.msg;
    r->unknown[figure] = r->why[s] != NULL; /* who did not answer once is not waited for again */
    if (!r->unknown[figure])
        r->v[figure] = db_int(&rows, 0, 0);
}

static struct err add_queue(struct call *c, struct bus *bus, const char *name, int64_t *sum)
{
    struct bus_queue q;
    struct err err = bus_queue_look(bus, c->arena, name, &q);

    if (!err.code)
        *sum += q.messages;
    return err;
}

/* The dead letters of the queues, or of the stream. */
static struct err add_letters(struct call *c, int64_t v[FIGURES], bool stream)
{
    struct err err = OK;

    for (size_t box = 0; !err.code && box < BOXES; box++) {
        int64_t n = 0;

        if (letters_in_redis(box) == stream)
            err = letters_count(c, box, &n);
        v[DEAD] += n;
    }
    return err;
}

static struct err read_rabbitmq(struct call *c, int64_t v[FIGURES])
{
    struct bus *bus;
    struct err err = world_bus(c, &bus);

    for (int i = 0; !err.code && i < NOTIFICATION; i++)
        err = add_queue(c, bus, service_name((enum service)i), &v[QUEUED]);
    for (int i = 1; !err.code && i <= BUS_RETRIES; i++)
        err = add_queue(c, bus, arena_printf(c->arena, "retry.%dms", bus_retry_delay_ms(i)),
                        &v[QUEUED]);
    return err.code ? err : add_letters(c, v, false);
}

static struct err read_redis(struct call *c, int64_t v[FIGURES])
{
    const struct redis_command length = REDIS_COMMAND("XLEN", WORLD_STREAM);
    redisReply *reply;
    struct err err = world_redis(c, &length, 1, &reply);

    if (err.code)
        return err;
    v[STREAMED] = reply->integer;
    return add_letters(c, v, true);
}

static struct err read_provider(struct call *c, int64_t v[FIGURES])
{
    struct provider_ledger ledger;
    struct err err = world_provider_ledger(c, &ledger);

    if (err.code)
        return err;
    v[THEY_CAPTURED] = ledger.captured;
    v[THEY_REFUNDED] = ledger.refunded;
    v[CHARGED_TWICE] = ledger.charged_twice;
    return OK;
}

static void read_source(struct call *c, struct reading *r, int source,
                        struct err (*read)(struct call *, int64_t v[FIGURES]))
{
    const struct err err = read(c, r->v);

    if (!err.code)
        return;
    r->why[source] = err.msg;
    for (size_t i = 0; i < FIGURES; i++)
        r->unknown[i] |= !figures[i].sql && figures[i].of == source;
    r->unknown[DEAD] |= source == REDIS; /* both brokers have some */
}

static void read_figures(struct call *c, struct reading *r)
{
    memset(r, 0, sizeof(*r));
    for (size_t i = 0; i < FIGURES; i++)
        if (figures[i].sql)
            read_database(c, r, i);
    read_source(c, r, RABBITMQ, read_rabbitmq);
    read_source(c, r, REDIS, read_redis);
    read_source(c, r, PROVIDER, read_provider);
}

static bool no_work(const struct reading *r)
{
    for (size_t i = FIRST_WORK; i <= LAST_WORK; i++)
        if (r->v[i] || r->unknown[i])
            return false;
    return true;
}

static bool work_is_known(const struct reading *r)
{
    for (size_t i = FIRST_WORK; i <= LAST_WORK; i++)
        if (r->unknown[i])
            return false;
    return true;
}

static bool same(const struct reading *a, const struct reading *b)
{
    return memcmp(a->v, b->v, sizeof(a->v)) == 0 &&
           memcmp(a->unknown, b->unknown, sizeof(a->unknown)) == 0;
}

/* Whether all is quiet. One reading takes a while, and its parts are of different moments: only
 * when the next one is the same has nothing happened in between. */
static bool read_quiet(struct call *c, struct reading *r)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    const int64_t deadline = clock_mono_ms() + c->opt->wait_s * 1000;
    struct reading before;
    bool quiet = false;

    read_figures(c, r);
    while (work_is_known(r) && !quiet) {
        before = *r;
        nanosleep(&pause, NULL);
        read_figures(c, r);
        quiet = no_work(r) && same(&before, r);
        if (clock_mono_ms() >= deadline)
            break;
    }
    return quiet;
}

/* --- judging them ------------------------------------------------------------------------- */

static void judge(struct call *c, struct table *t, int invariant, const char *claim, bool holds,
                  bool known, const char *found)
{
    const enum verdict verdict = holds && known ? FINE : known ? WRONG : UNKNOWN;
    static const char *const words[] = {"holds", "BROKEN", "not known"};

    TABLE_ROW(t, arena_printf(c->arena, "%d", invariant), claim, words[verdict],
              verdict == FINE ? NULL : found);
    if (verdict == WRONG || c->verdict == FINE)
        c->verdict = verdict;
}

/* What was counted before somebody did not answer is there all the same. */
static bool is_known(const struct reading *r, size_t check, bool quiet)
{
    const enum figure a = checks[check].a, b = checks[check].b;

    if (checks[check].needs_quiet && !quiet)
        return false;
    return (!r->unknown[a] && !r->unknown[b]) || (b == NOTHING && r->v[a] > 0);
}

static const char *show_figure(struct call *c, const struct reading *r, enum figure f)
{
    if (r->unknown[f])
        return arena_printf(c->arena, "? %s", figures[f].name);
    return arena_printf(c->arena, "%" PRId64 " %s", r->v[f], figures[f].name);
}

static void judge_figures(struct call *c, struct table *t, const struct reading *r, bool quiet)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        const enum figure a = checks[i].a, b = checks[i].b;
        const char *found = show_figure(c, r, a);

        if (b != NOTHING)
            found = arena_printf(c->arena, "%s, %s", found, show_figure(c, r, b));
        judge(c, t, checks[i].invariant, checks[i].claim, r->v[a] == r->v[b], is_known(r, i, quiet),
              found);
    }
}

static void judge_orders(struct call *c, struct table *t, struct table *culprits, bool quiet)
{
    for (size_t i = 0; i < AUDITS; i++) {
        int64_t n;
        const struct err err = audit_run(c, i, culprits, &n);
        const bool known = n ? quiet || !audit_needs_quiet(i) : !err.code;

        judge(c, t, audit_invariant(i), audit_claim(i), n == 0, known,
              n == 0 && err.code ? err.msg : arena_printf(c->arena, "%" PRId64 " orders", n));
    }
}

static void list_work(struct call *c, struct table *t, const struct reading *r)
{
    for (size_t i = FIRST_WORK; i <= LAST_WORK; i++)
        if (r->v[i] && !r->unknown[i])
            TABLE_ROW(t, figures[i].name, arena_printf(c->arena, "%" PRId64, r->v[i]));
}

static void list_absent(struct table *t, const struct reading *r)
{
    for (int i = 0; i < SOURCES; i++)
        if (r->why[i])
            TABLE_ROW(t, source_name(i), r->why[i]);
}

struct err ledger_verify(struct call *c)
{
    struct table *t = report_table(c->report, "checks", "#invariant claim verdict found");
    struct table *culprits = report_table(c->report, "culprits", "order claim found");
    struct table *work = report_table(c->report, "under_way", "work #count");
    struct table *absent = report_table(c->report, "not_known", "what why");
    struct reading r;
    const bool quiet = read_quiet(c, &r);

    judge_figures(c, t, &r, quiet);
    judge_orders(c, t, culprits, quiet);
    list_work(c, work, &r);
    list_absent(absent, &r);
    table_sort(t);
    return OK;
}
