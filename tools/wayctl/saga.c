/* saga.c - saga show: all that anybody knows about one order.
 *
 * Each part is asked by itself; one that does not answer becomes a note, for this is the
 * command for a day on which something is down. */
#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "command.h"
#include "db.h"
#include "id.h"
#include "letters.h"

struct saga {
    struct call *c;
    const char *id;
    struct table *order, *services, *timeline, *queues, *letters, *notes;
    const char *event_ids, *event_types; /* of the timeline, as arrays of PostgreSQL */
};

typedef struct err part(struct saga *s);

/* --- databases ------------------------------------------------------------------------ */

static struct err add(struct saga *s, enum service of, struct table *t, const char *sql)
{
    struct db_rows rows;
    const char *const params[] = {s->id};
    struct err err = db_exec_params(world_db(s->c, of), &rows, sql, params, 1);

    if (!err.code)
        table_add(t, &rows);
    return err;
}

static struct err order(struct saga *s)
{
    struct err err =
        add(s, ORDER, s->order,
            "SELECT id, status, version, total, currency, payment_method, reason, reservation_id,"
            " tracking_number, user_id, " DB_RFC3339("created_at") ", " DB_RFC3339(
                "updated_at") ", " DB_RFC3339("deadline_at") " FROM orders WHERE id = $1");

    if (!err.code && table_count(s->order) == 0)
        return (struct err){ERR_NOT_FOUND, "there is no such order"};
    return err;
}

static struct err heard(struct saga *s)
{
    return add(s, ORDER, s->timeline,
               "SELECT " DB_RFC3339(
                   "time") ", 'order',"
                           " CASE source WHEN 'order' THEN 'announced' ELSE 'heard' END, type,"
                           " concat_ws(', ', nullif(detail, ''), CASE WHEN length(cause) < 36 THEN"
                           "  'by ' || nullif(cause, '') END), event_id"
                           " FROM order_events WHERE order_id = $1 ORDER BY position");
}

/* What the other services' inboxes are searched for. */
static struct err events(struct saga *s)
{
    struct db_rows rows;
    struct err err = db_exec(world_db(s->c, ORDER), &rows,
                             "SELECT coalesce(array_agg(event_id), '{}'),"
                             " coalesce(array_agg(type), '{}') FROM order_events"
                             " WHERE order_id = $1",
                             s->id);

    if (err.code)
        return err;
    s->event_ids = db_str(&rows, 0, 0);
    s->event_types = db_str(&rows, 0, 1);
    return OK;
}

static struct err reservation(struct saga *s)
{
    return add(
        s, INVENTORY, s->services,
        "SELECT 'inventory', state, concat_ws(' ', nullif(reason, ''), nullif(refused_sku, ''),"
        "  nullif(tracking_number, '')),"
        " NULL, " DB_RFC3339("updated_at") " FROM reservations WHERE order_id = $1");
}

static struct err payment(struct saga *s)
{
    return add(
        s, PAYMENT, s->services,
        "SELECT 'payment', state, concat_ws(' ', amount - refunded, currency, nullif(reason, '')),"
        " attempts, " DB_RFC3339("updated_at") " FROM payments WHERE order_id = $1");
}

static struct err notifications(struct saga *s)
{
    struct err err =
        add(s, NOTIFICATION, s->services,
            "SELECT 'notification', count(*) FILTER (WHERE state = 'SENT') || ' of ' || count(*)"
            " || ' sent', max(reason), max(attempts), " DB_RFC3339(
                "max(coalesce(sent_at, created_at))") " FROM notifications WHERE order_id = $1"
                                                      " HAVING count(*) > 0");

    if (err.code)
        return err;
    return add(s, NOTIFICATION, s->timeline,
               "SELECT " DB_RFC3339(
                   "coalesce(sent_at, created_at)") ", 'notification',"
                                                    " lower(state), kind, reason, event_id FROM "
                                                    "notifications WHERE order_id = $1");
}

static struct err operators(struct saga *s)
{
    return add(
        s, ORDER, s->timeline,
        "SELECT " DB_RFC3339("at") ", 'operator', command, NULL,"
                                   " who || '@' || host || ': ' || outcome, NULL FROM operator_log"
                                   " WHERE target = $1 ORDER BY id");
}

/* --- what every service has: outbox and inbox ------------------------------------------- */

static struct err outbox(struct saga *s, enum service of)
{
    struct db_rows rows;
    struct err err =
        db_exec(world_db(s->c, of), &rows,
                "SELECT " DB_RFC3339(
                    "created_at") ", $2::text, 'waits for '"
                                  " || CASE destination WHEN 1 THEN 'RabbitMQ' ELSE 'Redis' END,"
                                  " type, 'tried ' || attempts || ' times', event_id"
                                  " FROM outbox WHERE subject = $1 ORDER BY seq",
                s->id, service_name(of));

    if (!err.code)
        table_add(s->timeline, &rows);
    return err;
}

static struct err inbox(struct saga *s, enum service of)
{
    struct db_rows rows;
    struct err err = db_exec(
        world_db(s->c, of), &rows,
        "SELECT " DB_RFC3339("handled_at") ", $3::text, 'handled', e.type,"
                                           " NULL, event_id FROM inbox"
                                           " JOIN unnest($1::text[], $2::text[]) AS e (id, type)"
                                           " ON event_id = e.id",
        s->event_ids, s->event_types, service_name(of));

    if (!err.code)
        table_add(s->timeline, &rows);
    return err;
}

static struct err boxes_of(struct saga *s, enum service of)
{
    struct err err = outbox(s, of);

    return err.code || of == ORDER ? err : inbox(s, of);
}

static struct err order_boxes(struct saga *s)
{
    return boxes_of(s, ORDER);
}

static struct err inventory_boxes(struct saga *s)
{
    return boxes_of(s, INVENTORY);
}

static struct err payment_boxes(struct saga *s)
{
    return boxes_of(s, PAYMENT);
}

static struct err notification_boxes(struct saga *s)
{
    return inbox(s, NOTIFICATION);
}

/* --- the brokers ------------------------------------------------------------------------ */

static struct err look(struct saga *s, struct bus *bus, const char *name)
{
    struct arena *a = s->c->arena;
    struct bus_queue q;
    struct err err = bus_queue_look(bus, a, name, &q);

    if (!err.code && q.exists)
        TABLE_ROW(s->queues, name, arena_printf(a, "%" PRId64, q.messages),
                  arena_printf(a, "%" PRId64, q.consumers));
    return err;
}

static struct err rabbitmq(struct saga *s)
{
    struct bus *bus;
    struct err err = world_bus(s->c, &bus);

    for (int i = 0; !err.code && i < NOTIFICATION; i++)
        err = look(s, bus, service_name((enum service)i));
    for (int i = 1; !err.code && i <= BUS_RETRIES; i++)
        err = look(s, bus, arena_printf(s->c->arena, "retry.%dms", bus_retry_delay_ms(i)));
    return err;
}

static struct err redis(struct saga *s)
{
    struct arena *a = s->c->arena;
    const struct redis_command commands[] = {
        REDIS_COMMAND("XLEN", WORLD_STREAM),
        REDIS_COMMAND("HMGET", arena_printf(a, "saga:order:%s", s->id), "state", "version",
                      "updated_at"),
    };
    redisReply *replies[2], **saga;
    struct err err = world_redis(s->c, commands, 2, replies);

    if (err.code)
        return err;
    TABLE_ROW(s->queues, WORLD_STREAM, arena_printf(a, "%lld", replies[0]->integer), NULL);
    saga = replies[1]->element;
    if (replies[1]->elements == 3 && saga[0]->type == REDIS_REPLY_STRING)
        TABLE_ROW(s->services, "redis", saga[0]->str, arena_printf(a, "version %s", saga[1]->str),
                  NULL, saga[2]->str);
    return OK;
}

static enum fate add_letter(const struct letter *l, void *arg)
{
    const struct saga *s = arg;

    if (memmem(l->body, l->body_len, s->id, strlen(s->id)))
        TABLE_ROW(s->letters, l->box, l->id, l->type, arena_printf(s->c->arena, "%d", l->attempts),
                  l->error);
    return LETTER_STAYS;
}

static struct err letters(struct saga *s)
{
    size_t none;
    struct err err = OK;

    for (size_t box = 0; !err.code && box < BOXES; box++)
        err = letters_walk(s->c, box, LETTERS_MAX, add_letter, s, &none);
    return err;
}

/* --- all of it -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    part *run;
} parts[] = {
    {"order",                order             },
    {"order's timeline",     heard             },
    {"order's events",       events            },
    {"order's outbox",       order_boxes       },
    {"inventory",            reservation       },
    {"inventory's boxes",    inventory_boxes   },
    {"payment",              payment           },
    {"payment's boxes",      payment_boxes     },
    {"notification",         notifications     },
    {"notification's inbox", notification_boxes},
    {"operators",            operators         },
    {"RabbitMQ",             rabbitmq          },
    {"Redis",                redis             },
    {"dead letters",         letters           },
};

struct err saga_show(struct call *c)
{
    struct report *r = c->report;
    struct saga s = {.c = c, .id = c->opt->args[0], .event_ids = "{}", .event_types = "{}"};

    if (!id_valid(s.id))
        return err_new(c->arena, ERR_INVALID, "%s is no order's id", s.id);
    s.order = report_record(r, "order",
                            "id status #version #total currency payment_method reason"
                            " reservation_id tracking_number user created updated deadline");
    s.services = report_table(r, "services", "service state detail #attempts updated");
    s.timeline = report_table(r, "timeline", "time service what type detail event");
    s.queues = report_table(r, "queues", "queue #waiting #consumers");
    s.letters = report_table(r, "dead_letters", "box id type #attempts reason");
    s.notes = report_table(r, "not_known", "what why");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct err err = parts[i].run(&s);

        if (err.code) {
            c->verdict = UNKNOWN;
            TABLE_ROW(s.notes, parts[i].name, err.msg);
        }
    }
    table_sort(s.timeline);
    return OK;
}
