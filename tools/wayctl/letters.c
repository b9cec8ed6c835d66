/* letters.c - walking through dead letters. */
#include "letters.h"

#include <inttypes.h>
#include <string.h>

#include "arena.h"
#include "event.h"

enum { CONFIRM_MS = 5000, PAGE = 100 };

static const struct box {
    const char *name, *home;
    bool stream;
} boxes[BOXES] = {
    {"order.dead",         "order",      false},
    {"inventory.dead",     "inventory",  false},
    {"payment.dead",       "payment",    false},
    {WORLD_STREAM ".dead", WORLD_STREAM, true },
};

const char *letters_box_name(size_t box)
{
    return boxes[box].name;
}

bool letters_in_redis(size_t box)
{
    return boxes[box].stream;
}

struct err letters_box(struct call *c, const char *name, size_t *box)
{
    for (size_t i = 0; i < BOXES; i++) {
        if (strcmp(name, boxes[i].name) == 0 || strcmp(name, boxes[i].home) == 0) {
            *box = i;
            return OK;
        }
    }
    return err_new(c->arena, ERR_NOT_FOUND, "there is no %s, but %s, %s, %s and %s", name,
                   boxes[0].name, boxes[1].name, boxes[2].name, boxes[3].name);
}

struct err letters_count(struct call *c, size_t box, int64_t *n)
{
    struct redis_command length = REDIS_COMMAND("XLEN", boxes[box].name);
    struct bus_queue queue = {.exists = false};
    redisReply *reply;
    struct bus *bus;
    struct err err;

    *n = 0;
    if (boxes[box].stream) {
        err = world_redis(c, &length, 1, &reply);
        if (!err.code)
            *n = reply->integer;
        return err;
    }
    err = world_bus(c, &bus);
    if (!err.code)
        err = bus_queue_look(bus, c->arena, boxes[box].name, &queue);
    *n = queue.messages;
    return err;
}

/* --- what all letters have -------------------------------------------------------- */

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): a name, not a secret. */
static const char *name_of_body(struct arena *a, const char *body, size_t len)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)body[i]) * UINT64_C(1099511628211);
    return arena_printf(a, "body-%016" PRIx64, hash);
}

/* What the envelope tells, if it is one. */
static void read_envelope(struct arena *a, struct letter *l)
{
    struct event e;

    if (event_parse(a, l->body, l->body_len, &e).code)
        return;
    l->order_id = e.subject;
    if (!*l->type)
        l->type = e.type;
    if (!*l->id)
        l->id = e.id;
}

/* --- RabbitMQ ---------------------------------------------------------------------- */

static struct err settle(struct bus *bus, struct arena *a, const struct box *box,
                         const struct message *m, enum fate fate)
{
    const bool multiple = false;
    struct err err = OK;

    if (fate == LETTER_STAYS)
        return OK;
    if (fate == LETTER_GOES_HOME) {
        err = bus_send(bus, a, box->home, m);
        if (!err.code)
            err = bus_confirm(bus, a, NULL, 0, CONFIRM_MS);
    }
    return err.code ? err : bus_ack(bus, a, m->delivery_tag, multiple);
}

static enum fate show_message(struct arena *a, const struct box *box, const struct message *m,
                              letter_visit *visit, void *arg)
{
    struct letter l = {
        .box = box->name,
        .home = box->home,
        .id = m->id,
        .type = m->type,
        .order_id = "",
        .error = m->error,
        .attempts = m->attempts,
        .body = m->body,
        .body_len = m->body_len,
    };

    read_envelope(a, &l);
    if (!*l.id)
        l.id = name_of_body(a, l.body, l.body_len);
    return visit(&l, arg);
}

/* All that stay are held until the end, or they would come again at once. */
static struct err walk_queue(struct call *c, struct arena *a, const struct box *box, size_t max,
                             letter_visit *visit, void *arg, size_t *done)
{
    struct bus_queue queue = {.exists = false};
    struct message m;
    struct bus *bus;
    bool got = true;
    struct err err = world_bus(c, &bus);

    if (!err.code)
        err = bus_queue_look(bus, a, box->name, &queue);
    if (err.code || !queue.exists)
        return err;
    for (size_t i = 0; !err.code && i < max; i++) {
        enum fate fate;

        arena_reset(a);
        err = bus_get(bus, a, box->name, &m, &got);
        if (err.code || !got)
            break;
        fate = show_message(a, box, &m, visit, arg);
        err = settle(bus, a, box, &m, fate);
        *done += !err.code && fate != LETTER_STAYS;
    }
    return err.code ? err : bus_give_back(bus, a);
}

/* --- Redis ------------------------------------------------------------------------- */

static const char *field(const redisReply *fields, const char *name)
{
    for (size_t i = 0; fields->type == REDIS_REPLY_ARRAY && i + 1 < fields->elements; i += 2)
        if (strcmp(fields->element[i]->str, name) == 0)
            return fields->element[i + 1]->str;
    return "";
}

/* Both at once: here there is no moment in which it is in two places, or in none. */
static struct err settle_entry(struct call *c, const struct box *box, const char *entry,
                               const char *body, enum fate fate)
{
    const struct redis_command commands[] = {
        REDIS_COMMAND("MULTI"),
        REDIS_COMMAND("XDEL", box->name, entry),
        fate == LETTER_GOES_HOME ? REDIS_COMMAND("XADD", box->home, "*", "event", body)
                                 : REDIS_COMMAND("XLEN", box->name),
        REDIS_COMMAND("EXEC"),
    };
    redisReply *replies[4];

    return fate == LETTER_STAYS ? OK : world_redis(c, commands, 4, replies);
}

static struct err show_entry(struct call *c, struct arena *a, const struct box *box,
                             const redisReply *r, letter_visit *visit, void *arg, size_t *done)
{
    const char *entry = r->element[0]->str, *body = field(r->element[1], "event");
    struct letter l = {
        .box = box->name,
        .home = box->home,
        .id = "",
        .type = "",
        .order_id = "",
        .error = field(r->element[1], "reason"),
        .body = body,
        .body_len = strlen(body),
    };
    enum fate fate;
    struct err err;

    read_envelope(a, &l);
    if (!*l.id)
        l.id = entry;
    fate = visit(&l, arg);
    err = settle_entry(c, box, entry, body, fate);
    *done += !err.code && fate != LETTER_STAYS;
    return err;
}

static struct err walk_stream(struct call *c, struct arena *a, const struct box *box, size_t max,
                              letter_visit *visit, void *arg, size_t *done)
{
    const char *from = "-";
    size_t seen = 0;
    bool more = true;
    struct err err = OK;

    while (!err.code && more && seen < max) {
        const struct redis_command page =
            REDIS_COMMAND("XRANGE", box->name, from, "+", "COUNT", arena_printf(a, "%d", PAGE));
        redisReply *r;

        err = world_redis(c, &page, 1, &r);
        if (err.code)
            break;
        more = r->elements == PAGE;
        for (size_t i = 0; !err.code && i < r->elements && seen < max; i++, seen++) {
            err = show_entry(c, a, box, r->element[i], visit, arg, done);
            from = arena_printf(c->arena, "(%s", r->element[i]->element[0]->str);
        }
    }
    return err;
}

struct err letters_walk(struct call *c, size_t box, size_t max, letter_visit *visit, void *arg,
                        size_t *done)
{
    struct arena *a = arena_new();
    struct err err;

    *done = 0;
    err = boxes[box].stream ? walk_stream(c, a, &boxes[box], max, visit, arg, done)
                            : walk_queue(c, a, &boxes[box], max, visit, arg, done);
    if (err.code)
        err = err_new(c->arena, err.code, "%s", err.msg); /* it may be in 'a' */
    arena_free(a);
    return err;
}
