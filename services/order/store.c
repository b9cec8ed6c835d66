/* store.c - the SQL of the order service. */
#include "store.h"

#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db.h"

#define COLUMNS                                                                                    \
    "o.id, o.user_id, o.status, o.payment_method, o.currency, o.total, o.reason,"                  \
    " o.reservation_id, o.tracking_number, o.version, o.settled, " DB_RFC3339(                     \
        "o.created_at") ", " DB_RFC3339("o.updated_at")

enum column {
    ID,
    USER_ID,
    STATUS,
    PAYMENT_METHOD,
    CURRENCY,
    TOTAL,
    REASON,
    RESERVATION_ID,
    TRACKING_NUMBER,
    VERSION,
    SETTLED,
    CREATED_AT,
    UPDATED_AT,
    SKU, /* the lines, where they are joined */
    QUANTITY,
    UNIT_PRICE,
};

static struct err read_order(struct ctx *ctx, const struct db_rows *rows, int row,
                             struct order *out)
{
    *out = (struct order){
        .id = db_str(rows, row, ID),
        .user_id = db_str(rows, row, USER_ID),
        .payment_method = db_str(rows, row, PAYMENT_METHOD),
        .currency = db_str(rows, row, CURRENCY),
        .total = db_int(rows, row, TOTAL),
        .reason = db_str(rows, row, REASON),
        .reservation_id = db_str(rows, row, RESERVATION_ID),
        .tracking_number = db_str(rows, row, TRACKING_NUMBER),
        .version = db_int(rows, row, VERSION),
        .settled = db_bool(rows, row, SETTLED),
        .created_at = db_str(rows, row, CREATED_AT),
        .updated_at = db_str(rows, row, UPDATED_AT),
    };
    if (!order_status_parse(db_str(rows, row, STATUS), &out->status))
        return err_new(ctx->arena, ERR_INTERNAL, "order %s has an unknown status", out->id);
    return OK;
}

static struct err read_orders(struct ctx *ctx, const struct db_rows *rows, struct order **out,
                              size_t *n)
{
    *n = (size_t)rows->count;
    *out = arena_array(ctx->arena, struct order, *n);
    for (int i = 0; i < rows->count; i++) {
        struct err err = read_order(ctx, rows, i, &(*out)[i]);

        if (err.code)
            return err;
    }
    return OK;
}

static struct err not_found(struct ctx *ctx, const char *id)
{
    return err_new(ctx->arena, ERR_NOT_FOUND, "there is no order %s", id);
}

struct err store_insert(struct ctx *ctx, struct order *o, int64_t deadline_s)
{
    const char **sku = arena_array(ctx->arena, const char *, o->nlines);
    int64_t *quantity = arena_array(ctx->arena, int64_t, o->nlines);
    int64_t *unit_price = arena_array(ctx->arena, int64_t, o->nlines);

    for (size_t i = 0; i < o->nlines; i++) {
        sku[i] = o->lines[i].sku;
        quantity[i] = o->lines[i].quantity;
        unit_price[i] = o->lines[i].unit_price;
    }
    o->created_at = o->updated_at = clock_rfc3339(ctx->arena, clock_now_ms());
    return db_later(
        ctx,
        "WITH o AS ("
        " INSERT INTO orders (id, user_id, status, payment_method, currency, total,"
        "  version, deadline_at, created_at, updated_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8::bigint),"
        "  $12, $12)"
        " RETURNING id)"
        " INSERT INTO order_lines (order_id, line, sku, quantity, unit_price)"
        " SELECT o.id, t.line, t.sku, t.quantity, t.unit_price FROM o,"
        "  unnest($9::text[], $10::bigint[], $11::bigint[])"
        "  WITH ORDINALITY AS t (sku, quantity, unit_price, line)",
        o->id, o->user_id, order_status_name(o->status), o->payment_method, o->currency,
        db_param_int(ctx, o->total), db_param_int(ctx, o->version), db_param_int(ctx, deadline_s),
        db_param_strs(ctx, sku, o->nlines), db_param_ints(ctx, quantity, o->nlines),
        db_param_ints(ctx, unit_price, o->nlines), o->created_at);
}

struct err store_find(struct ctx *ctx, const char *id, const char *user_id, struct order *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS ", l.sku, l.quantity, l.unit_price"
                  " FROM orders o JOIN order_lines l ON l.order_id = o.id"
                  " WHERE o.id = $1 AND ($2::uuid IS NULL OR o.user_id = $2) ORDER BY l.line",
                  id, user_id);
    if (err.code)
        return err;
    if (rows.count == 0)
        return not_found(ctx, id);
    err = read_order(ctx, &rows, 0, out);
    out->nlines = (size_t)rows.count;
    out->lines = arena_array(ctx->arena, struct order_line, out->nlines);
    for (int i = 0; i < rows.count; i++)
        out->lines[i] = (struct order_line){
            .sku = db_str(&rows, i, SKU),
            .quantity = db_int(&rows, i, QUANTITY),
            .unit_price = db_int(&rows, i, UNIT_PRICE),
        };
    return err;
}

/* The orders of a batch of events; what is saved is saved here, too. */
struct ahead {
    struct order *list;
    size_t n;
};

/* In one sequence, so that two batches do not wait for each other in a circle. */
struct err store_fetch_ahead(struct ctx *ctx)
{
    struct ahead *a = arena_alloc(ctx->arena, sizeof(*a));
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM orders o WHERE o.id = ANY ($1::uuid[])"
                  " ORDER BY o.id FOR UPDATE",
                  db_param_strs(ctx, ctx->subjects, ctx->nsubjects));
    if (!err.code)
        err = read_orders(ctx, &rows, &a->list, &a->n);
    if (!err.code)
        ctx->ahead = a;
    return err;
}

static struct order *find_ahead(const struct ctx *ctx, const char *id)
{
    const struct ahead *a = ctx->ahead;

    for (size_t i = 0; a && i < a->n; i++)
        if (strcmp(a->list[i].id, id) == 0)
            return &a->list[i];
    return NULL;
}

struct err store_lock(struct ctx *ctx, const char *id, const char *user_id, struct order *out)
{
    const struct order *held;
    struct db_rows rows;
    struct err err;

    held = user_id ? NULL : find_ahead(ctx, id);
    if (held) {
        *out = *held;
        return OK;
    }
    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM orders o"
                  " WHERE o.id = $1 AND ($2::uuid IS NULL OR o.user_id = $2) FOR UPDATE",
                  id, user_id);
    if (err.code)
        return err;
    return rows.count ? read_order(ctx, &rows, 0, out) : not_found(ctx, id);
}

/* All orders that a unit saves, each as it was saved last. */
static const char save_sql[] =
    "UPDATE orders AS o SET status = t.status, reason = t.reason,"
    "  reservation_id = t.reservation_id, tracking_number = t.tracking_number,"
    "  version = t.version, settled = t.settled, updated_at = t.updated_at,"
    "  deadline_at = CASE WHEN NOT t.done THEN o.deadline_at END"
    " FROM (SELECT DISTINCT ON (id) *"
    "  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],"
    "   $7::boolean[], $8::timestamptz[], $9::boolean[]) WITH ORDINALITY AS saved (id, status,"
    "   reason, reservation_id, tracking_number, version, settled, updated_at, done, n)"
    "  ORDER BY id, n DESC) AS t"
    " WHERE o.id = t.id";

struct err store_save(struct ctx *ctx, struct order *o)
{
    struct order *held = find_ahead(ctx, o->id);

    o->updated_at = clock_rfc3339(ctx->arena, clock_now_ms());
    if (held)
        *held = *o;
    return db_gather(ctx, save_sql, o->id, order_status_name(o->status), o->reason,
                     o->reservation_id, o->tracking_number, db_param_int(ctx, o->version),
                     db_param_bool(o->settled), o->updated_at, db_param_bool(order_is_done(o)));
}

struct err store_note(struct ctx *ctx, const char *order_id, const struct order_entry entries[],
                      size_t n)
{
    static const char sql[] =
        "INSERT INTO order_events (order_id, event_id, type, source, time, cause, detail)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[],"
        "  $5::timestamptz[], $6::text[], $7::text[])"
        " ON CONFLICT DO NOTHING";
    struct err err = OK;

    for (size_t i = 0; !err.code && i < n; i++)
        err = db_gather(ctx, sql, order_id, entries[i].event_id, entries[i].type, entries[i].source,
                        entries[i].time, entries[i].cause, entries[i].detail);
    return err;
}

struct err store_timeline(struct ctx *ctx, const char *order_id, struct order_entry **out,
                          size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT event_id, type, source, " DB_RFC3339(
                      "time") ", cause, detail"
                              " FROM order_events WHERE order_id = $1 ORDER BY position",
                  order_id);
    if (err.code)
        return err;
    *n = (size_t)rows.count;
    *out = arena_array(ctx->arena, struct order_entry, *n);
    for (int i = 0; i < rows.count; i++)
        (*out)[i] = (struct order_entry){
            .event_id = db_str(&rows, i, 0),
            .type = db_str(&rows, i, 1),
            .source = db_str(&rows, i, 2),
            .time = db_str(&rows, i, 3),
            .cause = db_str(&rows, i, 4),
            .detail = db_str(&rows, i, 5),
        };
    return OK;
}

struct err store_list(struct ctx *ctx, const char *user_id, const char *status, const char *after,
                      int64_t limit, struct order **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM orders o WHERE o.user_id = $1"
                  " AND ($2::text IS NULL OR o.status = $2)"
                  " AND o.id < coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')"
                  " ORDER BY o.id DESC LIMIT $4",
                  user_id, status, after, db_param_int(ctx, limit));
    if (err.code)
        return err;
    return read_orders(ctx, &rows, out, n);
}

struct err store_lock_expired(struct ctx *ctx, int64_t limit, struct order **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM orders o"
                  " WHERE o.deadline_at < now() AND o.ask_at < now()"
                  " ORDER BY o.deadline_at LIMIT $1 FOR UPDATE SKIP LOCKED",
                  db_param_int(ctx, limit));
    if (err.code)
        return err;
    return read_orders(ctx, &rows, out, n);
}

struct err store_asked(struct ctx *ctx, const struct order list[], size_t n, int64_t least_s)
{
    const char **ids = arena_array(ctx->arena, const char *, n);
    struct db_rows rows;

    for (size_t i = 0; i < n; i++)
        ids[i] = list[i].id;
    return db_exec(ctx, &rows,
                   "UPDATE orders SET ask_at = now() + greatest("
                   " make_interval(secs => $2::bigint), least(now() - created_at, '1 hour'))"
                   " WHERE id = ANY ($1::uuid[])",
                   db_param_strs(ctx, ids, n), db_param_int(ctx, least_s));
}

struct err store_totals(struct ctx *ctx, struct order_totals **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec_params(ctx, &rows,
                         "SELECT status, currency, count(*), sum(total)::bigint FROM orders"
                         " GROUP BY status, currency ORDER BY status, currency",
                         NULL, 0);
    if (err.code)
        return err;
    *n = (size_t)rows.count;
    *out = arena_array(ctx->arena, struct order_totals, *n);
    for (int i = 0; i < rows.count; i++)
        (*out)[i] = (struct order_totals){
            .status = db_str(&rows, i, 0),
            .currency = db_str(&rows, i, 1),
            .orders = db_int(&rows, i, 2),
            .total = db_int(&rows, i, 3),
        };
    return OK;
}
