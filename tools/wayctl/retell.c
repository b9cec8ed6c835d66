/* retell.c - saga retell: what the customer was never told, because Redis lost it. */
#include <inttypes.h>

#include "arena.h"
#include "change.h"
#include "command.h"
#include "db.h"
#include "event.h"
#include "id.h"

enum { EVENT_ID, TYPE, TIME, DATA };

/* The order's announcements as they were made, as far as the reader of the stream cares;
 * the n-th of them made version n. */
static struct err announcements(struct call *c, const char *id, struct db_rows *rows)
{
    const struct err err = db_exec(
        world_db(c, ORDER), rows,
        "SELECT event_id, type, " DB_RFC3339(
            "time") ", jsonb_build_object("
                    " 'order_id', o.id, 'user_id', user_id, 'currency', currency, 'total', total,"
                    " 'payment_method', payment_method, 'reservation_id', reservation_id,"
                    " 'tracking_number', tracking_number, 'reason', detail,"
                    " 'version', row_number() OVER (ORDER BY position),"
                    " 'status', CASE type WHEN 'order.created' THEN 'PENDING'"
                    "  ELSE upper(split_part(type, '.', 2)) END)::text"
                    " FROM order_events JOIN orders o ON o.id = order_id"
                    " WHERE order_id = $1 AND source = 'order' ORDER BY position",
        id);

    if (!err.code && rows->count == 0)
        return err_new(c->arena, ERR_NOT_FOUND, "there is no order %s", id);
    return world_error(c, ORDER, err);
}

static struct err is_told(struct call *c, const char *event_id, bool *told)
{
    struct db_rows rows;
    struct err err = db_exec(world_db(c, NOTIFICATION), &rows,
                             "SELECT FROM notifications WHERE event_id = $1", event_id);

    *told = rows.count > 0;
    return world_error(c, NOTIFICATION, err);
}

/* Under its own id, so that whoever has it after all drops this one. */
static struct err tell(struct call *c, const char *order_id, const struct db_rows *all, int row)
{
    struct ctx *ctx = world_db(c, ORDER);
    const struct event e = {
        .id = db_str(all, row, EVENT_ID),
        .type = db_str(all, row, TYPE),
        .time = db_str(all, row, TIME),
        .subject = order_id,
    };
    struct db_rows rows;
    const struct err err =
        db_exec(ctx, &rows,
                "INSERT INTO outbox"
                " (destination, event_id, type, subject, envelope, traceparent, optional)"
                " VALUES (2, $1, $2, $3, $4, '', false)",
                e.id, e.type, e.subject, event_format(ctx, &e, db_str(all, row, DATA)));

    return world_error(c, ORDER, err);
}

static struct err tell_missing(struct call *c, const char *id, int *n)
{
    struct db_rows all;
    struct err err = announcements(c, id, &all);

    for (int i = 0; !err.code && i < all.count; i++) {
        bool told;

        err = is_told(c, db_str(&all, i, EVENT_ID), &told);
        if (err.code || told)
            continue;
        err = tell(c, id, &all, i);
        ++*n;
    }
    if (!err.code && *n == 0)
        return (struct err){ERR_CONFLICT, "the customer has been told everything"};
    return err;
}

struct err saga_retell(struct call *c)
{
    struct change record = {.command = "saga retell", .target = c->opt->args[0]};
    int n = 0;
    struct err err;

    if (!id_valid(record.target))
        return err_new(c->arena, ERR_INVALID, "%s is no order's id", record.target);
    record.question =
        arena_printf(c->arena, "Tell the customer what is missing of order %s", record.target);
    err = change_begin(c, &record);
    if (err.code)
        return err;
    err = tell_missing(c, record.target, &n);
    return change_end(c, &record, err, arena_printf(c->arena, "%d events told again", n));
}
