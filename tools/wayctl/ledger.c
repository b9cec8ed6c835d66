/* ledger.c - ledger verify: the invariants of the whole system, while it runs.
 *
 * Some hold at every moment. Others hold when no work is under way; for these the figures are
 * read until two readings agree and show no work, for as long as the caller will wait. If that
 * never comes, they are not known. */
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
    PROVIDER,
    PAID_TWICE,
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
    enum service of;
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
    [QUEUED] = {SERVICES, "messages in queues", NULL},
    [STREAMED] = {SERVICES, "entries in the stream", NULL},
    [OVERDUE] = {ORDER, "orders a minute past their deadline",
     "SELECT count(*) FROM orders WHERE deadline_at < now() - interval '1 minute'"},
    [DEAD] = {SERVICES, "dead letters", NULL},
    [KEPT] = {PAYMENT, "captured less refunded",
     "SELECT coalesce(sum(amount), 0)::bigint FROM payments WHERE state = 'CAPTURED'"},
    [SHIPPED] = {ORDER, "total of the shipped orders",
     "SELECT coalesce(sum(total), 0)::bigint FROM orders WHERE status = 'SHIPPED'"},
    [PROVIDER] = {SERVICES, "captured less refunded, says the provider", NULL},
    [PAID_TWICE] = {PAYMENT, "payments for an order beyond the first",
     "SELECT count(*) - count(DISTINCT order_id) FROM payments"},
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
    {"no order is a minute past its deadline",       OVERDUE,    NOTHING,        1, false},
    {"every order is over",                          UNDER_WAY,  NOTHING,        1, true },
    {"the money kept is that of the shipped orders", KEPT,       SHIPPED,        2, true },
    {"our books and the provider's agree",           KEPT,       PROVIDER,       2, true },
    {"no order is charged twice",                    PAID_TWICE, NOTHING,        2, false},
    {"stock adds up and never was oversold",         ODD_STOCK,  NOTHING,        3, false},
    {"nothing is reserved",                          RESERVED,   NOTHING,        3, true },
    {"what was dispatched is what was shipped",      DISPATCHED, SHIPPED_PIECES, 3, true },
    {"each event of an order has one notification",  EVENTS,     TOLD,           4, true },
    {"there are no dead letters",                    DEAD,       NOTHING,        4, false},
};

/* --- reading the figures ------------------------------------------------------------------ */

static struct err read_databases(struct call *c, int64_t v[FIGURES])
{
    for (size_t i = 0; i < FIGURES; i++) {
        struct db_rows rows;
        struct err err;

        if (!figures[i].sql)
            continue;
        err = db_exec_params(world_db(c, figures[i].of), &rows, figures[i].sql, NULL, 0);
        if (err.code)
            return world_error(c, figures[i].of, err);
        v[i] = db_int(&rows, 0, 0);
    }
    return OK;
}

static struct err add_queue(struct call *c, struct bus *bus, const char *name, int64_t *sum)
{
    struct bus_queue q;
    struct err err = bus_queue_look(bus, c->arena, name, &q);

    *sum += q.messages;
    return err;
}

static struct err read_brokers(struct call *c, int64_t v[FIGURES])
{
    const struct redis_command length = REDIS_COMMAND("XLEN", WORLD_STREAM);
    redisReply *reply;
    struct bus *bus;
    int64_t n;
    struct err err = world_bus(c, &bus);

    for (int i = 0; !err.code && i < NOTIFICATION; i++)
        err = add_queue(c, bus, service_name((enum service)i), &v[QUEUED]);
    for (int i = 1; !err.code && i <= BUS_RETRIES; i++)
        err = add_queue(c, bus, arena_printf(c->arena, "retry.%dms", bus_retry_delay_ms(i)),
                        &v[QUEUED]);
    for (size_t box = 0; !err.code && box < BOXES; box++) {
        err = letters_count(c, box, &n);
        v[DEAD] += n;
    }
    if (!err.code)
        err = world_redis(c, &length, 1, &reply);
    if (!err.code)
        v[STREAMED] = reply->integer;
    return err;
}

static struct err read_figures(struct call *c, int64_t v[FIGURES])
{
    struct err err;

    memset(v, 0, FIGURES * sizeof(v[0]));
    err = read_databases(c, v);
    if (!err.code)
        err = read_brokers(c, v);
    if (!err.code)
        err = world_provider_net(c, &v[PROVIDER]);
    return err;
}

static bool no_work(const int64_t v[FIGURES])
{
    for (size_t i = FIRST_WORK; i <= LAST_WORK; i++)
        if (v[i])
            return false;
    return true;
}

/* One reading takes a while, and its parts are of different moments: only when the next one
 * is the same has nothing happened in between. */
static struct err read_quiet(struct call *c, int64_t v[FIGURES], bool *quiet)
{
    const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
    const int64_t deadline = clock_mono_ms() + c->opt->wait_s * 1000;
    int64_t before[FIGURES];
    struct err err = read_figures(c, v);

    do {
        memcpy(before, v, sizeof(before));
        nanosleep(&pause, NULL);
        if (!err.code)
            err = read_figures(c, v);
        *quiet = no_work(v) && memcmp(before, v, sizeof(before)) == 0;
    } while (!err.code && !*quiet && clock_mono_ms() < deadline);
    return err;
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

static void judge_figures(struct call *c, struct table *t, const int64_t v[FIGURES], bool quiet)
{
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        const enum figure a = checks[i].a, b = checks[i].b;
        const char *found = arena_printf(c->arena, "%" PRId64 " %s", v[a], figures[a].name);

        if (b != NOTHING)
            found = arena_printf(c->arena, "%s, %" PRId64 " %s", found, v[b], figures[b].name);
        judge(c, t, checks[i].invariant, checks[i].claim, v[a] == v[b],
              quiet || !checks[i].needs_quiet, found);
    }
}

static struct err judge_orders(struct call *c, struct table *t, struct table *culprits, bool quiet)
{
    for (size_t i = 0; i < AUDITS; i++) {
        int64_t n;
        struct err err = audit_run(c, i, culprits, &n);

        if (err.code)
            return err;
        judge(c, t, audit_invariant(i), audit_claim(i), n == 0,
              n == 0 || quiet || !audit_needs_quiet(i),
              arena_printf(c->arena, "%" PRId64 " orders", n));
    }
    return OK;
}

static void list_work(struct call *c, struct table *t, const int64_t v[FIGURES])
{
    for (size_t i = FIRST_WORK; i <= LAST_WORK; i++)
        if (v[i])
            TABLE_ROW(t, figures[i].name, arena_printf(c->arena, "%" PRId64, v[i]));
}

struct err ledger_verify(struct call *c)
{
    struct table *t = report_table(c->report, "checks", "#invariant claim verdict found");
    struct table *culprits = report_table(c->report, "culprits", "order claim found");
    struct table *work = report_table(c->report, "under_way", "work #count");
    int64_t v[FIGURES];
    bool quiet = false;
    struct err err = read_quiet(c, v, &quiet);

    if (err.code)
        return err;
    judge_figures(c, t, v, quiet);
    list_work(c, work, v);
    err = judge_orders(c, t, culprits, quiet);
    table_sort(t);
    return err;
}
