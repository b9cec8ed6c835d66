/* store.c - the SQL of the payment service. */
#include "store.h"

#include <string.h>

#include "arena.h"
#include "db.h"

#define COLUMNS                                                                                    \
    "id, order_id, user_id, amount, refunded, currency, method, state, reason, attempts,"          \
    " traceparent, correlation_id, causation_id, " DB_RFC3339("created_at") ", " DB_RFC3339(       \
        "updated_at")

/* As in the index payments_due, which serves only queries that say it in these words. */
#define IS_DUE "state IN ('CHARGING', 'GIVING_UP', 'REFUNDING')"

enum column {
    ID,
    ORDER_ID,
    USER_ID,
    AMOUNT,
    REFUNDED,
    CURRENCY,
    METHOD,
    STATE,
    REASON,
    ATTEMPTS,
    TRACEPARENT,
    CORRELATION_ID,
    CAUSATION_ID,
    CREATED_AT,
    UPDATED_AT,
    MORE, /* of what is taken: are others due? */
};

static struct err read_payment(struct ctx *ctx, const struct db_rows *rows, int row,
                               struct payment *out)
{
    *out = (struct payment){
        .id = db_str(rows, row, ID),
        .order_id = db_str(rows, row, ORDER_ID),
        .user_id = db_str(rows, row, USER_ID),
        .amount = db_int(rows, row, AMOUNT),
        .refunded = db_int(rows, row, REFUNDED),
        .currency = db_str(rows, row, CURRENCY),
        .method = db_str(rows, row, METHOD),
        .reason = db_str(rows, row, REASON),
        .attempts = db_int(rows, row, ATTEMPTS),
        .traceparent = db_str(rows, row, TRACEPARENT),
        .correlation_id = db_str(rows, row, CORRELATION_ID),
        .causation_id = db_str(rows, row, CAUSATION_ID),
        .created_at = db_str(rows, row, CREATED_AT),
        .updated_at = db_str(rows, row, UPDATED_AT),
    };
    if (!payment_state_parse(db_str(rows, row, STATE), &out->state))
        return err_new(ctx->arena, ERR_INTERNAL, "payment %s has an unknown state", out->id);
    return OK;
}

static struct err read_one(struct ctx *ctx, const struct db_rows *rows, const char *what,
                           const char *id, struct payment *out)
{
    if (rows->count == 0)
        return err_new(ctx->arena, ERR_NOT_FOUND, "there is no payment %s%s", what, id);
    return read_payment(ctx, rows, 0, out);
}

/* --- payments of a batch ---------------------------------------------------- */

/* Those of a batch of events; what is added or saved is kept here, too. */
struct ahead {
    struct payment *list;
    size_t n;
};

static struct payment *find_ahead(const struct ctx *ctx, const char *order_id)
{
    const struct ahead *a = ctx->ahead;

    for (size_t i = 0; a && i < a->n; i++)
        if (strcmp(a->list[i].order_id, order_id) == 0)
            return &a->list[i];
    return NULL;
}

/* In one sequence, so that two batches do not wait for each other in a circle. */
struct err store_fetch_ahead(struct ctx *ctx)
{
    struct ahead *a = arena_alloc(ctx->arena, sizeof(*a));
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM payments WHERE order_id = ANY ($1::uuid[])"
                  " ORDER BY order_id FOR UPDATE",
                  db_param_strs(ctx, ctx->subjects, ctx->nsubjects));
    a->list = arena_array(ctx->arena, struct payment, ctx->nsubjects);
    for (int i = 0; !err.code && i < rows.count; i++)
        err = read_payment(ctx, &rows, i, &a->list[a->n++]);
    if (!err.code)
        ctx->ahead = a;
    return err;
}

/* Ahead only what the batch's events are about has room. */
static bool among_subjects(const struct ctx *ctx, const char *order_id)
{
    for (size_t i = 0; ctx->ahead && i < ctx->nsubjects; i++)
        if (strcmp(ctx->subjects[i], order_id) == 0)
            return true;
    return false;
}

/* --- one payment ------------------------------------------------------------ */

#define INSERT                                                                                     \
    "INSERT INTO payments (id, order_id, user_id, amount, currency, method, state,"                \
    "  reason, traceparent, correlation_id, causation_id)"                                         \
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"

static const char insert_sql[] = INSERT " ON CONFLICT (order_id) DO NOTHING";

/* For a batch, which does not wait for the answer: it fails when another was faster, and each
 * event is handled alone. */
static const char insert_ahead_sql[] = INSERT;

struct err store_insert(struct ctx *ctx, const struct payment *p, bool *added)
{
    const char *const params[] = {
        p->id,
        p->order_id,
        p->user_id,
        db_param_int(ctx, p->amount),
        p->currency,
        p->method,
        payment_state_name(p->state),
        p->reason,
        p->traceparent,
        p->correlation_id,
        p->causation_id,
    };
    const size_t n = sizeof(params) / sizeof(params[0]);
    struct ahead *a = ctx->ahead;
    struct db_rows rows;
    struct err err;

    *added = !find_ahead(ctx, p->order_id);
    if (!*added)
        return OK;
    if (among_subjects(ctx, p->order_id)) {
        a->list[a->n++] = *p;
        return db_ask_params(ctx, NULL, insert_ahead_sql, params, n);
    }
    err = db_exec_params(ctx, &rows, insert_sql, params, n);
    *added = rows.count == 1;
    return err;
}

struct err store_find(struct ctx *ctx, const char *id, const char *user_id, struct payment *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM payments"
                  " WHERE id = $1 AND ($2::uuid IS NULL OR user_id = $2)",
                  id, user_id);
    if (err.code)
        return err;
    return read_one(ctx, &rows, "", id, out);
}

struct err store_lock(struct ctx *ctx, const char *id, struct payment *out)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows, "SELECT " COLUMNS " FROM payments WHERE id = $1 FOR UPDATE", id);
    if (err.code)
        return err;
    return read_one(ctx, &rows, "", id, out);
}

struct err store_lock_order(struct ctx *ctx, const char *order_id, struct payment *out)
{
    const struct payment *held = find_ahead(ctx, order_id);
    struct db_rows rows;
    struct err err;

    if (held) {
        *out = *held;
        return OK;
    }
    err = db_exec(ctx, &rows, "SELECT " COLUMNS " FROM payments WHERE order_id = $1 FOR UPDATE",
                  order_id);
    if (err.code)
        return err;
    return read_one(ctx, &rows, "for order ", order_id, out);
}

struct err store_save(struct ctx *ctx, const struct payment *p)
{
    struct payment *held = find_ahead(ctx, p->order_id);

    if (held)
        *held = *p;
    return db_later(ctx,
                    "UPDATE payments SET state = $2, reason = $3, attempts = $4, traceparent = $5,"
                    "  correlation_id = $6, causation_id = $7, due_at = now(), updated_at = now()"
                    " WHERE id = $1",
                    p->id, payment_state_name(p->state), p->reason, db_param_int(ctx, p->attempts),
                    p->traceparent, p->correlation_id, p->causation_id);
}

struct err store_settle(struct ctx *ctx, const struct payment *p, int64_t delay_ms)
{
    return db_later(ctx,
                    "UPDATE payments SET state = $2, reason = $3, attempts = $4, refunded = $5,"
                    "  due_at = now() + $6 * (0.5 + random() / 2) * interval '1 millisecond',"
                    "  locked_until = '-infinity', updated_at = now()"
                    " WHERE id = $1",
                    p->id, payment_state_name(p->state), p->reason, db_param_int(ctx, p->attempts),
                    db_param_int(ctx, p->refunded), db_param_int(ctx, delay_ms));
}

#define CAN_BE_TAKEN IS_DUE " AND due_at <= now() AND locked_until <= now()"

struct err store_take(struct ctx *ctx, int64_t lease_ms, struct taking *taking)
{
    return db_ask(ctx, &taking->rows,
                  "UPDATE payments SET locked_until = now() + $1 * interval '1 millisecond'"
                  " WHERE id = (SELECT id FROM payments WHERE " CAN_BE_TAKEN
                  "  ORDER BY attempts, due_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
                  " RETURNING " COLUMNS ", (SELECT count(*) FROM"
                  "  (SELECT FROM payments WHERE " CAN_BE_TAKEN " LIMIT 2) AS due) > 1",
                  db_param_int(ctx, lease_ms));
}

struct err store_taken(struct ctx *ctx, const struct taking *taking, struct payment *out,
                       bool *found, bool *more)
{
    *found = taking->rows.count == 1;
    *more = *found && db_bool(&taking->rows, 0, MORE);
    return *found ? read_payment(ctx, &taking->rows, 0, out) : OK;
}

struct err store_list(struct ctx *ctx, const char *user_id, const char *order_id, const char *after,
                      int64_t limit, struct payment **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT " COLUMNS " FROM payments WHERE ($1::uuid IS NULL OR user_id = $1)"
                  " AND ($2::uuid IS NULL OR order_id = $2)"
                  " AND ($3::uuid IS NULL OR id < $3)"
                  " ORDER BY id DESC LIMIT $4",
                  user_id, order_id, after, db_param_int(ctx, limit));
    if (err.code)
        return err;
    *n = (size_t)rows.count;
    *out = arena_array(ctx->arena, struct payment, *n);
    for (int i = 0; i < rows.count; i++) {
        err = read_payment(ctx, &rows, i, &(*out)[i]);
        if (err.code)
            return err;
    }
    return OK;
}

struct err store_totals(struct ctx *ctx, struct payment_totals **out, size_t *n)
{
    struct db_rows rows;
    struct err err;

    err = db_exec(ctx, &rows,
                  "SELECT currency, count(*),"
                  " (coalesce(sum(amount) FILTER (WHERE state = 'CAPTURED'), 0)"
                  "  + sum(refunded))::bigint, sum(refunded)::bigint,"
                  " count(*) FILTER (WHERE " IS_DUE ")"
                  " FROM payments GROUP BY currency ORDER BY currency");
    if (err.code)
        return err;
    *n = (size_t)rows.count;
    *out = arena_array(ctx->arena, struct payment_totals, *n);
    for (int i = 0; i < rows.count; i++)
        (*out)[i] = (struct payment_totals){
            .currency = db_str(&rows, i, 0),
            .payments = db_int(&rows, i, 1),
            .captured = db_int(&rows, i, 2),
            .refunded = db_int(&rows, i, 3),
            .open = db_int(&rows, i, 4),
        };
    return OK;
}
