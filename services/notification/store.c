/* store.c - the SQL of the notification service. */
#include "store.h"

#include "arena.h"
#include "db.h"

#define COLUMNS                                                                                    \
    "id, event_id, user_id, order_id, kind, subject, body, state, reason, attempts, "              \
    "traceparent, " DB_RFC3339("created_at") ", " DB_RFC3339("sent_at")

enum column {
    ID,
    EVENT_ID,
    USER_ID,
    ORDER_ID,
    KIND,
    SUBJECT,
    BODY,
    STATE,
    REASON,
    ATTEMPTS,
    TRACEPARENT,
    CREATED_AT,
    SENT_AT,
};

static struct err read_notification(struct ctx *ctx, const struct db_rows *rows, int row,
                                    struct notification *out)
{
    *out = (struct notification){
        .id = db_str(rows, row, ID),
        .event_id = db_str(rows, row, EVENT_ID),
        .user_id = db_str(rows, row, USER_ID),
        .order_id = db_str(rows, row, ORDER_ID),
        .kind = db_str(rows, row, KIND),
        .subject = db_str(rows, row, SUBJECT),
        .body = db_str(rows, row, BODY),
        .reason = db_str(rows, row, REASON),
        .attempts = db_int(rows, row, ATTEMPTS),
        .traceparent = db_str(rows, row, TRACEPARENT),
        .created_at = db_str(rows, row, CREATED_AT),
        .sent_at = db_str_or_null(rows, row, SENT_AT),
    };
    if (!notification_state_parse(db_str(rows, row, STATE), &out->state))
        return err_new(ctx->arena, ERR_INTERNAL, "notification %s has an unknown state", out->id);
    return OK;
}

static struct err read_notifications(struct ctx *ctx, const struct db_rows *rows,
                                     struct notification **out, size_t *n)
{
    *n = (size_t)rows->count;
    *out = arena_array(ctx->arena, struct notification, *n);
    for (int i = 0; i < rows->count; i++) {
        struct err err = read_notification(ctx, rows, i, &(*out)[i]);

        if (err.code)
            return err;
    }
    return OK;
}

struct err store_insert(struct ctx *ctx, const struct notification *n)
{
    return db_gather(
        ctx,
        "INSERT INTO notifications (id, event_id, user_id, order_id, kind, subject, body,"
        "  state, traceparent)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[],"
        "  $6::text[], $7::text[], $8::text[], $9::text[])"
        " ON CONFLICT (event_id, user_id) DO NOTHING",
        n->id, n->event_id, n->user_id, n->order_id, n->kind, n->subject, n->body,
        notification_state_name(n->state), n->traceparent);
}

/* What is locked here and not chosen is free again with the commit. RETURNING keeps no
 * order, so it is made again. */
static const char take[] =
    "WITH due AS (SELECT id, due_at, locked_until > '-infinity' AS lapsed FROM notifications"
    "  WHERE state = 'PENDING' AND due_at <= now() AND locked_until <= now()"
    "  ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED),"
    " first AS (SELECT id, lapsed FROM due ORDER BY due_at, id LIMIT 1),"
    " taken AS (UPDATE notifications SET attempts = attempts + 1,"
    "  locked_until = now() + $1 * interval '1 millisecond'"
    "  WHERE id IN (SELECT due.id FROM due, first"
    "   WHERE due.id = first.id OR NOT (due.lapsed OR first.lapsed))"
    "  RETURNING *)"
    " SELECT " COLUMNS " FROM taken ORDER BY due_at, id";

struct err store_take(struct ctx *ctx, int64_t lease_ms, size_t max, struct notification **out,
                      size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, take, db_param_int(ctx, lease_ms), db_param_int(ctx, (int64_t)max));
    return err.code ? err : read_notifications(ctx, &rows, out, n);
}

static const char settle[] =
    "UPDATE notifications AS n SET state = t.state, reason = t.reason,"
    "  sent_at = CASE WHEN t.state = 'SENT' THEN now() END,"
    "  due_at = CASE WHEN t.delay_ms = 0 THEN n.due_at"
    "   ELSE now() + t.delay_ms * (0.5 + random() / 2) * interval '1 millisecond' END,"
    "  attempts = n.attempts - CASE WHEN t.delay_ms = 0 THEN 1 ELSE 0 END,"
    "  locked_until = '-infinity'"
    " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])"
    "  AS t (id, state, reason, delay_ms, attempts)"
    " WHERE n.id = t.id AND n.state <> 'SENT' AND (t.state = 'SENT' OR n.attempts = t.attempts)";

struct err store_settle(struct ctx *ctx, const struct notification list[],
                        const int64_t delays_ms[], size_t n)
{
    const char **ids = arena_array(ctx->arena, const char *, n);
    const char **states = arena_array(ctx->arena, const char *, n);
    const char **reasons = arena_array(ctx->arena, const char *, n);
    int64_t *attempts = arena_array(ctx->arena, int64_t, n);
    struct db_rows rows;

    for (size_t i = 0; i < n; i++) {
        ids[i] = list[i].id;
        states[i] = notification_state_name(list[i].state);
        reasons[i] = list[i].reason;
        attempts[i] = list[i].attempts;
    }
    return db_exec(ctx, &rows, settle, db_param_strs(ctx, ids, n), db_param_strs(ctx, states, n),
                   db_param_strs(ctx, reasons, n), db_param_ints(ctx, delays_ms, n),
                   db_param_ints(ctx, attempts, n));
}

struct err store_find(struct ctx *ctx, const char *id, const char *user_id,
                      struct notification *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM notifications"
                  " WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)",
                  id, user_id);
    if (err.code)
        return err;
    if (rows.count == 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no notification %s", id);
    return read_notification(ctx, &rows, 0, out);
}

struct err store_list(struct ctx *ctx, const char *user_id, const char *order_id, const char *after,
                      int64_t limit, struct notification **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM notifications"
                  " WHERE ($1::uuid IS NULL OR user_id = $1)"
                  " AND ($2::uuid IS NULL OR order_id = $2)"
                  " AND ($3::uuid IS NULL OR id < $3)"
                  " ORDER BY id DESC LIMIT $4",
                  user_id, order_id, after, db_param_int(ctx, limit));
    return err.code ? err : read_notifications(ctx, &rows, out, n);
}

struct err store_totals(struct ctx *ctx, struct notification_totals **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT kind, state, count(*) FROM notifications"
                  " GROUP BY kind, state ORDER BY kind, state");
    if (err.code)
        return err;
    *n = (size_t)rows.count;
    *out = arena_array(ctx->arena, struct notification_totals, *n);
    for (int i = 0; i < rows.count; i++)
        (*out)[i] = (struct notification_totals){
            .kind = db_str(&rows, i, 0),
            .state = db_str(&rows, i, 1),
            .notifications = db_int(&rows, i, 2),
        };
    return OK;
}
