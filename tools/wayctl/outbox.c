/* outbox.c - outbox list, requeue: events that wait for their relay. */
#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "change.h"
#include "command.h"
#include "db.h"

static const enum service publishers[] = {ORDER, INVENTORY, PAYMENT};
enum { PUBLISHERS = sizeof(publishers) / sizeof(publishers[0]) };

static struct err publisher(struct call *c, const char *name, enum service *out)
{
    if (service_find(name, out) && *out != NOTIFICATION)
        return OK;
    return err_new(c->arena, ERR_NOT_FOUND, "%s has no outbox; order, inventory and payment have",
                   name);
}

static struct err list(struct call *c, enum service s, struct table *sums, struct table *t)
{
    struct ctx *ctx = world_db(c, s);
    struct db_rows rows;
    struct err err =
        db_exec(ctx, &rows,
                "SELECT $1::text, count(*), coalesce(extract(epoch FROM now() - min(created_at)),"
                " 0)::bigint, coalesce(max(attempts), 0) FROM outbox",
                service_name(s));

    if (err.code)
        return world_error(c, s, err);
    table_add(sums, &rows);
    err = db_exec(ctx, &rows,
                  "SELECT $1::text, seq, CASE destination WHEN 1 THEN 'RabbitMQ' ELSE 'Redis' END,"
                  " type, subject, attempts,"
                  " greatest(0, ceil(extract(epoch FROM due_at - now())))::bigint,"
                  " extract(epoch FROM now() - created_at)::bigint"
                  " FROM outbox ORDER BY seq LIMIT $2",
                  service_name(s), db_param_int(ctx, c->opt->limit));
    if (err.code)
        return world_error(c, s, err);
    table_add(t, &rows);
    return OK;
}

struct err outbox_list(struct call *c)
{
    struct table *sums =
        report_table(c->report, "outboxes", "service #events #oldest_seconds #most_attempts");
    struct table *t =
        report_table(c->report, "events", "service #seq to type order #attempts #due_in #seconds");
    enum service only = SERVICES;
    struct err err = c->opt->args[0] ? publisher(c, c->opt->args[0], &only) : OK;

    for (size_t i = 0; !err.code && i < PUBLISHERS; i++)
        if (only == SERVICES || only == publishers[i])
            err = list(c, publishers[i], sums, t);
    return err;
}

static struct err requeue(struct call *c, enum service s, const char *seq, int *n)
{
    struct db_rows rows;
    struct err err = db_exec(world_db(c, s), &rows,
                             "UPDATE outbox SET attempts = 0, due_at = now()"
                             " WHERE $1::bigint IS NULL OR seq = $1",
                             seq);

    *n = rows.count;
    return world_error(c, s, err);
}

/* Due now, instead of after the pause that its failures have earned it. */
struct err outbox_requeue(struct call *c)
{
    const char *seq = c->opt->args[1];
    struct change record = {.command = "outbox requeue"};
    enum service s;
    int n = 0;
    struct err err = publisher(c, c->opt->args[0], &s);

    if (err.code)
        return err;
    if (!seq == !c->opt->all)
        return (struct err){ERR_INVALID, "say which event, by its seq, or --all"};
    if (seq && (strspn(seq, "0123456789") != strlen(seq) || strlen(seq) > 18))
        return err_new(c->arena, ERR_INVALID, "%s is no seq: a number, see outbox list", seq);
    record.target = arena_printf(c->arena, "%s %s", service_name(s), seq ? seq : "all");
    record.question =
        arena_printf(c->arena, "Send %s of the %s outbox again now",
                     seq ? arena_printf(c->arena, "event %s", seq) : "all", service_name(s));
    err = change_begin(c, &record);
    if (err.code)
        return err;
    err = requeue(c, s, seq, &n);
    if (!err.code && n == 0)
        err = (struct err){ERR_NOT_FOUND, "there is no such event: it may have been sent"};
    return change_end(c, &record, err, arena_printf(c->arena, "%d due now", n));
}
