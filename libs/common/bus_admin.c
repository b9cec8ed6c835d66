/* bus_admin.c - looking into queues of RabbitMQ. */
#include "bus_admin.h"

#include <string.h>

#include "arena.h"
#include "bus_private.h"

/* --- queues ------------------------------------------------------------------ */

static struct err confirm_close(struct bus *b, struct arena *a)
{
    amqp_channel_close_ok_t close_ok = {0};
    const int status =
        amqp_send_method(b->conn, BUS_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);

    return status == AMQP_STATUS_OK ? OK : bus_library_error(b, a, "close channel", status);
}

/* The broker closes a channel that asks for a queue that is not there. */
static struct err reopen(struct bus *b, struct arena *a)
{
    struct err err = confirm_close(b, a);

    if (err.code)
        return err;
    amqp_channel_open(b->conn, BUS_CHANNEL);
    err = bus_reply_error(b, a, "open channel", amqp_get_rpc_reply(b->conn));
    if (err.code)
        return err;
    amqp_confirm_select(b->conn, BUS_CHANNEL);
    b->first_tag = 1; /* it counts anew */
    return bus_reply_error(b, a, "enable confirms", amqp_get_rpc_reply(b->conn));
}

static bool is_not_found(amqp_rpc_reply_t r)
{
    return r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
           r.reply.id == AMQP_CHANNEL_CLOSE_METHOD &&
           ((const amqp_channel_close_t *)r.reply.decoded)->reply_code == AMQP_NOT_FOUND;
}

struct err bus_queue_look(struct bus *b, struct arena *a, const char *queue, struct bus_queue *out)
{
    const amqp_boolean_t passive = 1, durable = 0, exclusive = 0, auto_delete = 0;
    const amqp_queue_declare_ok_t *ok =
        amqp_queue_declare(b->conn, BUS_CHANNEL, amqp_cstring_bytes(queue), passive, durable,
                           exclusive, auto_delete, amqp_empty_table);
    const amqp_rpc_reply_t reply = amqp_get_rpc_reply(b->conn);

    *out = (struct bus_queue){.exists = false};
    if (is_not_found(reply))
        return reopen(b, a);
    if (ok)
        *out = (struct bus_queue){true, ok->message_count, ok->consumer_count};
    return bus_reply_error(b, a, arena_printf(a, "look at queue %s", queue), reply);
}

/* --- messages ---------------------------------------------------------------- */

static const char *text_of(struct arena *a, amqp_bytes_t s)
{
    return s.len ? arena_strndup(a, s.bytes, strnlen(s.bytes, s.len)) : "";
}

static const amqp_field_value_t *header(const amqp_basic_properties_t *p, const char *name)
{
    const size_t len = strlen(name);

    for (int i = 0; p->_flags & AMQP_BASIC_HEADERS_FLAG && i < p->headers.num_entries; i++) {
        const amqp_table_entry_t *e = &p->headers.entries[i];

        if (e->key.len == len && memcmp(e->key.bytes, name, len) == 0)
            return &e->value;
    }
    return NULL;
}

/* The first of two headers that is a text. */
static const char *text_header(struct arena *a, const amqp_basic_properties_t *p,
                               const char *const names[2])
{
    for (int i = 0; i < 2 && names[i]; i++) {
        const amqp_field_value_t *v = header(p, names[i]);

        if (v && (v->kind == AMQP_FIELD_KIND_UTF8 || v->kind == AMQP_FIELD_KIND_BYTES))
            return text_of(a, v->value.bytes);
    }
    return "";
}

static void read_properties(struct arena *a, const amqp_basic_properties_t *p, struct message *m)
{
    const amqp_field_value_t *attempt = header(p, "x-attempt");

    if (p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        m->id = text_of(a, p->message_id);
    if (p->_flags & AMQP_BASIC_TYPE_FLAG && p->type.len > 0)
        m->type = text_of(a, p->type);
    if (attempt && attempt->kind == AMQP_FIELD_KIND_I32)
        m->attempts = attempt->value.i32;
    m->traceparent = text_header(a, p, (const char *[]){"traceparent", NULL});
    m->queue = text_header(a, p, (const char *[]){"x-queue", "x-first-death-queue"});
    m->error = text_header(a, p, (const char *[]){"x-error", "x-first-death-reason"});
}

/* rabbitmq-c's own reader: nothing but this message can be on its way, and unlike
 * bus_next(), which is a consumer's, it must not reject what is too large. A broker that
 * falls silent in the middle is noticed by its heartbeats. */
static struct err read_content(struct bus *b, struct arena *a, struct message *m)
{
    amqp_message_t content;
    const struct err err =
        bus_reply_error(b, a, "read message", amqp_read_message(b->conn, BUS_CHANNEL, &content, 0));

    if (err.code)
        return err;
    read_properties(a, &content.properties, m);
    m->body_len = content.body.len;
    m->body = arena_strndup(a, content.body.len ? content.body.bytes : "", content.body.len);
    amqp_destroy_message(&content);
    return OK;
}

struct err bus_get(struct bus *b, struct arena *a, const char *queue, struct message *m, bool *got)
{
    const amqp_boolean_t no_ack = 0;
    const amqp_rpc_reply_t reply =
        amqp_basic_get(b->conn, BUS_CHANNEL, amqp_cstring_bytes(queue), no_ack);
    struct err err = bus_reply_error(b, a, arena_printf(a, "get from %s", queue), reply);
    const amqp_basic_get_ok_t *ok = reply.reply.decoded;

    *got = !err.code && reply.reply.id == AMQP_BASIC_GET_OK_METHOD;
    if (!*got)
        return err;
    *m = (struct message){
        .id = "",
        .type = text_of(a, ok->routing_key),
        .delivery_tag = ok->delivery_tag,
        .redelivered = ok->redelivered != 0,
    };
    err = read_content(b, a, m);
    amqp_maybe_release_buffers(b->conn);
    return err;
}

/* With nack and not reject: RabbitMQ 4.3 counts a rejection against the message. */
struct err bus_give_back(struct bus *b, struct arena *a)
{
    const uint64_t everything = 0;
    const amqp_boolean_t multiple = 1, requeue = 1;
    const int status = amqp_basic_nack(b->conn, BUS_CHANNEL, everything, multiple, requeue);

    return status == AMQP_STATUS_OK ? OK : bus_library_error(b, a, "give back", status);
}

/* --- sending ----------------------------------------------------------------- */

struct err bus_send(struct bus *b, struct arena *a, const char *queue, const struct message *m)
{
    amqp_table_entry_t headers[] = {bus_text("traceparent", m->traceparent)};
    const int n = *m->traceparent ? 1 : 0;
    const char *by_queue_name = ""; /* the default exchange */
    const bool mandatory = true;

    return bus_publish_to(b, a, by_queue_name, queue, m, mandatory, (amqp_table_t){n, headers});
}
