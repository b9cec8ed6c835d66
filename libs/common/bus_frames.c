/* bus_frames.c - everything that the broker sends, one frame at a time.
 *
 * rabbitmq-c's own readers each understand one kind of frame and put back the others,
 * which are then met again for ever. But deliveries, confirms, returned messages and
 * goodbyes come in any order on one connection, so they are all read here. */
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bus_private.h"
#include "log.h"

enum { MAX_TRACEPARENT = 64 };

/* Bytes of the broker, or of whoever published the message: cut at the first NUL. */
static const char *text_of(struct arena *a, amqp_bytes_t s)
{
    return s.len ? arena_strndup(a, s.bytes, strnlen(s.bytes, s.len)) : "";
}

/* --- the connection's end -------------------------------------------------- */

struct err bus_library_error(struct bus *b, struct arena *a, const char *doing, int status)
{
    b->broken = true;
    return err_new(a, ERR_UNAVAILABLE, "broker: %s: %s", doing, amqp_error_string2(status));
}

/* The broker closes a channel over what we asked for, and a connection mostly for
 * reasons of its own. */
static struct err closed(struct bus *b, struct arena *a, const char *doing, const amqp_method_t *m)
{
    const amqp_channel_close_t *channel = m->decoded;
    const amqp_connection_close_t *connection = m->decoded;

    b->broken = true;
    if (m->id == AMQP_CHANNEL_CLOSE_METHOD)
        return err_new(a, ERR_INTERNAL, "broker: %s: %s", doing, text_of(a, channel->reply_text));
    if (m->id == AMQP_CONNECTION_CLOSE_METHOD)
        return err_new(a, ERR_UNAVAILABLE, "broker: %s: %s", doing,
                       text_of(a, connection->reply_text));
    return err_new(a, ERR_UNAVAILABLE, "broker: %s: unexpected method %#x", doing, m->id);
}

struct err bus_reply_error(struct bus *b, struct arena *a, const char *doing,
                           amqp_rpc_reply_t reply)
{
    switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL: return OK;
    case AMQP_RESPONSE_SERVER_EXCEPTION: return closed(b, a, doing, &reply.reply);
    default: return bus_library_error(b, a, doing, reply.library_error);
    }
}

/* --- answers to what was published ----------------------------------------- */

static void settle(struct bus *b, struct publication *p, bool refused)
{
    if (p->settled)
        return;
    p->settled = true;
    p->refused |= refused;
    b->nunsettled--;
}

/* Confirms come in any order, and one with 'multiple' answers for all before it. */
static void note_confirm(struct bus *b, uint64_t tag, bool multiple, bool refused)
{
    if (tag < b->first_tag || tag >= b->first_tag + b->npublished)
        return;
    for (size_t i = multiple ? 0 : (size_t)(tag - b->first_tag); i <= tag - b->first_tag; i++)
        settle(b, &b->published[i], refused);
}

/* A returned message comes back whole, and its number is not told: find it by its id. The
 * confirm that follows settles it; the frames of its body belong to no delivery. */
static void note_return(struct bus *b, const amqp_basic_properties_t *p)
{
    char id[ID_LEN + 1] = "";

    if (p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        memcpy(id, p->message_id.bytes, p->message_id.len < ID_LEN ? p->message_id.len : ID_LEN);
    for (size_t i = 0; i < b->npublished; i++) {
        struct publication *known = &b->published[i];

        if (known->mandatory && !known->refused && strcmp(known->id, id) == 0) {
            known->refused = true;
            return;
        }
    }
}

/* --- deliveries ------------------------------------------------------------ */

void bus_delivery_free(void *delivery)
{
    struct delivery *d = delivery;

    if (d)
        arena_free(d->arena); /* which holds d itself */
}

static void begin_delivery(struct bus *b, const amqp_basic_deliver_t *deliver)
{
    struct arena *a = arena_new_small();
    struct delivery *d = arena_alloc(a, sizeof(*d));

    d->arena = a;
    d->m = (struct message){
        .id = "",
        .type = text_of(a, deliver->routing_key),
        .traceparent = "",
        .delivery_tag = deliver->delivery_tag,
        .redelivered = deliver->redelivered,
    };
    bus_delivery_free(b->arriving);
    b->arriving = d;
}

static const amqp_field_value_t *header(const amqp_basic_properties_t *p, const char *name)
{
    const size_t len = strlen(name);

    if (!(p->_flags & AMQP_BASIC_HEADERS_FLAG))
        return NULL;
    for (int i = 0; i < p->headers.num_entries; i++) {
        const amqp_table_entry_t *e = &p->headers.entries[i];

        if (e->key.len == len && memcmp(e->key.bytes, name, len) == 0)
            return &e->value;
    }
    return NULL;
}

static const char *text_header(struct arena *a, const amqp_basic_properties_t *p, const char *name,
                               size_t max)
{
    const amqp_field_value_t *v = header(p, name);

    if (!v || (v->kind != AMQP_FIELD_KIND_UTF8 && v->kind != AMQP_FIELD_KIND_BYTES) ||
        v->value.bytes.len > max)
        return "";
    return text_of(a, v->value.bytes);
}

/* We write x-attempt as a 32-bit number; anything else is somebody else's. */
static int attempts(const amqp_basic_properties_t *p)
{
    const amqp_field_value_t *v = header(p, "x-attempt");

    if (!v || v->kind != AMQP_FIELD_KIND_I32 || v->value.i32 < 0)
        return 0;
    return v->value.i32 < BUS_RETRIES ? v->value.i32 : BUS_RETRIES;
}

static void finish_delivery(struct bus *b)
{
    struct delivery *d = b->arriving;

    b->arriving = NULL;
    d->m.body = d->body;
    if (b->last_ready)
        b->last_ready->next = d;
    else
        b->oldest_ready = d;
    b->last_ready = d;
}

/* Too large to keep in memory. A rejected message goes to the queue's dead letters as
 * it is; the frames of its body then find nothing to belong to. */
static struct err reject_arriving(struct bus *b, struct arena *a, uint64_t size)
{
    const amqp_boolean_t requeue = 0;
    struct delivery *d = b->arriving;
    int status;

    log_error("message of %llu bytes (%s) rejected: too large", (unsigned long long)size,
              d->m.type);
    status = amqp_basic_reject(b->conn, BUS_CHANNEL, d->m.delivery_tag, requeue);
    bus_delivery_free(d);
    b->arriving = NULL;
    return status == AMQP_STATUS_OK ? OK : bus_library_error(b, a, "reject", status);
}

/* Properties of another class are another struct, and a second header would change the
 * length of a body that is being filled. */
static struct err on_header(struct bus *b, struct arena *a, const amqp_frame_t *frame)
{
    const amqp_basic_properties_t *p = frame->payload.properties.decoded;
    const uint64_t size = frame->payload.properties.body_size;
    struct delivery *d = b->arriving;

    if (frame->payload.properties.class_id != AMQP_BASIC_CLASS || (d && d->body))
        return bus_library_error(b, a, "read message", AMQP_STATUS_BAD_AMQP_DATA);
    if (b->returning) {
        b->returning = false;
        note_return(b, p);
    }
    if (!d)
        return OK;
    if (size > BUS_MAX_BODY)
        return reject_arriving(b, a, size);
    if (p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
        d->m.id = text_of(d->arena, p->message_id);
    if (p->_flags & AMQP_BASIC_TYPE_FLAG && p->type.len > 0)
        d->m.type = text_of(d->arena, p->type);
    d->m.traceparent = text_header(d->arena, p, "traceparent", MAX_TRACEPARENT);
    d->m.attempts = attempts(p);
    d->m.body_len = (size_t)size;
    d->body = arena_alloc(d->arena, d->m.body_len + 1);
    if (size == 0)
        finish_delivery(b);
    return OK;
}

static struct err on_body(struct bus *b, struct arena *a, const amqp_frame_t *frame)
{
    const amqp_bytes_t part = frame->payload.body_fragment;
    struct delivery *d = b->arriving;

    if (!d)
        return OK; /* of a returned or rejected message */
    if (!d->body || part.len > d->m.body_len - d->arrived)
        return bus_library_error(b, a, "read message", AMQP_STATUS_BAD_AMQP_DATA);
    memcpy(d->body + d->arrived, part.bytes, part.len);
    d->arrived += part.len;
    if (d->arrived == d->m.body_len)
        finish_delivery(b);
    return OK;
}

/* --- frames ---------------------------------------------------------------- */

static struct err on_method(struct bus *b, struct arena *a, const amqp_method_t *m)
{
    const amqp_basic_ack_t *ack = m->decoded;
    const amqp_basic_nack_t *nack = m->decoded;

    switch (m->id) {
    case AMQP_BASIC_DELIVER_METHOD: begin_delivery(b, m->decoded); return OK;
    case AMQP_BASIC_ACK_METHOD: note_confirm(b, ack->delivery_tag, ack->multiple, false); return OK;
    case AMQP_BASIC_NACK_METHOD:
        note_confirm(b, nack->delivery_tag, nack->multiple, true);
        return OK;
    case AMQP_BASIC_RETURN_METHOD: b->returning = true; return OK;
    case AMQP_CONNECTION_UNBLOCKED_METHOD: return OK;
    case AMQP_CONNECTION_BLOCKED_METHOD:
        b->broken = true;
        return err_new(a, ERR_UNAVAILABLE, "broker: publishers are blocked: %s",
                       text_of(a, ((const amqp_connection_blocked_t *)m->decoded)->reason));
    case AMQP_BASIC_CANCEL_METHOD:
        b->broken = true;
        return err_new(a, ERR_UNAVAILABLE, "broker: the queue was deleted or moved");
    default: return closed(b, a, "connection closed", m);
    }
}

struct err bus_read_frame(struct bus *b, struct arena *a, int timeout_ms, bool *got)
{
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000L};
    amqp_frame_t frame;
    struct err err = OK;
    int status = amqp_simple_wait_frame_noblock(b->conn, &frame, &timeout);

    *got = status == AMQP_STATUS_OK;
    if (status == AMQP_STATUS_TIMEOUT)
        return OK;
    if (status != AMQP_STATUS_OK)
        return bus_library_error(b, a, "read", status);
    switch (frame.frame_type) {
    case AMQP_FRAME_METHOD: err = on_method(b, a, &frame.payload.method); break;
    case AMQP_FRAME_HEADER: err = on_header(b, a, &frame); break;
    case AMQP_FRAME_BODY: err = on_body(b, a, &frame); break;
    default: break;
    }
    amqp_maybe_release_buffers(b->conn); /* the frame has been copied; else memory grows */
    return err;
}
