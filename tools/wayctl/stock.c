/* stock.c - stock audit: what products say, against what was reserved and shipped. */
#include "arena.h"
#include "command.h"
#include "db.h"

/* $1: also those that agree; those that do not come first, for they must not be cut off at $2. */
static const char audit[] =
    "WITH said AS ("
    " SELECT l.sku,"
    "  coalesce(sum(quantity) FILTER (WHERE state = 'RESERVED'), 0)::bigint AS reserved,"
    "  coalesce(sum(quantity) FILTER (WHERE state = 'DISPATCHED'), 0)::bigint AS dispatched"
    " FROM reservation_lines l JOIN reservations USING (order_id) GROUP BY l.sku)"
    ", judged AS ("
    " SELECT p.sku, initial, restocked, p.dispatched, on_hand, p.reserved,"
    "  coalesce(s.reserved, 0) AS held, coalesce(s.dispatched, 0) AS shipped,"
    "  CASE WHEN on_hand <> initial + restocked - p.dispatched THEN 'on hand does not add up'"
    "  WHEN p.reserved NOT BETWEEN 0 AND on_hand THEN 'more is reserved than there is'"
    "  WHEN p.reserved <> coalesce(s.reserved, 0) THEN 'reserved is not what orders hold'"
    "  WHEN p.dispatched <> coalesce(s.dispatched, 0) THEN 'dispatched is not what was shipped'"
    "  ELSE '' END AS fault"
    " FROM products p LEFT JOIN said s USING (sku))"
    "SELECT * FROM judged WHERE fault <> '' OR $1 ORDER BY fault = '', sku LIMIT $2";

struct err stock_audit(struct call *c)
{
    struct table *t = report_table(c->report, "products",
                                   "sku #initial #restocked #dispatched #on_hand #reserved"
                                   " #held_by_orders #shipped_to_orders fault");
    struct ctx *ctx = world_db(c, INVENTORY);
    struct db_rows rows;
    struct err err =
        db_exec(ctx, &rows, audit, db_param_bool(c->opt->all), db_param_int(ctx, c->opt->limit));
    enum { FAULT = 8 };

    if (err.code)
        return world_error(c, INVENTORY, err);
    table_add(t, &rows);
    for (int i = 0; i < rows.count; i++)
        if (*db_str(&rows, i, FAULT))
            c->verdict = WRONG;
    return OK;
}
