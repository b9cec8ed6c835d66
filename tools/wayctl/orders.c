/* orders.c - orders stuck: those that should be over, or paid back, and are not. */
#include "arena.h"
#include "command.h"
#include "db.h"

/* What each order waits for, in one of the two databases that know; $1 is an age in
 * seconds, $2 how many. A cancelled order waits until payment has said that it keeps nothing:
 * when that question was lost, the payment is just CAPTURED, and nothing else would show it. */
static const char stuck_orders[] =
    "SELECT id, status, CASE WHEN status = 'CANCELLED' THEN 'refund'"
    "  WHEN status = 'PENDING' AND reservation_id <> '' THEN 'payment' ELSE 'inventory' END,"
    " extract(epoch FROM now() - updated_at)::bigint,"
    " extract(epoch FROM now() - deadline_at)::bigint,"
    " CASE reservation_id WHEN '' THEN 'no' ELSE 'yes' END, reason FROM orders"
    " WHERE (status IN ('PENDING', 'CONFIRMED', 'CANCELLING')"
    "  OR (status = 'CANCELLED' AND NOT settled))"
    " AND updated_at < now() - $1::bigint * interval '1 second' ORDER BY updated_at LIMIT $2";
static const char stuck_payments[] =
    "SELECT order_id, state, extract(epoch FROM now() - updated_at)::bigint, attempts,"
    " greatest(0, extract(epoch FROM due_at - now())::bigint), reason FROM payments"
    " WHERE state IN ('CHARGING', 'GIVING_UP', 'REFUNDING')"
    " AND updated_at < now() - $1::bigint * interval '1 second' ORDER BY updated_at LIMIT $2";

static struct err list(struct call *c, enum service s, const char *sql, struct table *t)
{
    struct ctx *ctx = world_db(c, s);
    const char *const params[] = {
        db_param_int(ctx, c->opt->older_s),
        db_param_int(ctx, c->opt->limit),
    };
    struct db_rows rows;
    struct err err = db_exec_params(ctx, &rows, sql, params, 2);

    if (err.code)
        return world_error(c, s, err);
    table_add(t, &rows);
    if (rows.count)
        c->verdict = WRONG;
    return OK;
}

struct err orders_stuck(struct call *c)
{
    struct table *orders = report_table(
        c->report, "orders", "order status waits_for #seconds #past_deadline reserved reason");
    struct table *payments =
        report_table(c->report, "payments", "order state #seconds #attempts #due_in reason");
    struct err err = list(c, ORDER, stuck_orders, orders);

    return err.code ? err : list(c, PAYMENT, stuck_payments, payments);
}
