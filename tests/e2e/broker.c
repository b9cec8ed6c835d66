/* broker.c - the tests' own connection to RabbitMQ, Redis and the provider. */
#include "broker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "amqp_compat.h"
#include "books.h"
#include "world.h"

enum { CHANNEL = 1 };

static amqp_bytes_t bytes(const char *s)
{
    return amqp_cstring_bytes(s);
}

amqp_connection_state_t broker_connect(void)
{
    struct timeval timeout = {.tv_sec = 10};
    amqp_connection_state_t conn = amqp_new_connection();
    amqp_socket_t *socket = amqp_tcp_socket_new(conn);
    amqp_rpc_reply_t r;

    amqp_set_rpc_timeout(conn, &timeout);
    if (amqp_socket_open_noblock(socket, world_env("AMQP_HOST"), world_port("AMQP_PORT"),
                                 &timeout) != AMQP_STATUS_OK)
        goto gone;
    r = amqp_login(conn, world_env("AMQP_VHOST"), 0, 131072, 0, AMQP_SASL_METHOD_PLAIN,
                   world_env("AMQP_USER"), world_secret("AMQP_PASSWORD_FILE"));
    if (r.reply_type != AMQP_RESPONSE_NORMAL)
        goto gone;
    amqp_channel_open(conn, CHANNEL);
    amqp_confirm_select(conn, CHANNEL);
    if (amqp_get_rpc_reply(conn).reply_type == AMQP_RESPONSE_NORMAL)
        return conn;
gone:
    amqp_destroy_connection(conn);
    return NULL;
}

static amqp_connection_state_t connection(void)
{
    amqp_connection_state_t conn = broker_connect();

    if (!conn)
        fail_msg("the broker does not answer, or refuses the login");
    return conn;
}

void broker_publish(const char *type, const char *id, const char *body, size_t len)
{
    amqp_connection_state_t conn = connection();
    struct timeval timeout = {.tv_sec = 10};
    amqp_basic_properties_t props = {
        ._flags = AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG,
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .message_id = bytes(id),
        .type = bytes(type),
    };
    amqp_frame_t frame;
    const int mandatory = 1, immediate = 0;

    assert_int_equal(amqp_basic_publish(conn, CHANNEL, bytes("waybill"), bytes(type), mandatory,
                                        immediate, &props,
                                        (amqp_bytes_t){len, (void *)(uintptr_t)body}),
                     AMQP_STATUS_OK);
    assert_int_equal(amqp_simple_wait_frame_noblock(conn, &frame, &timeout), AMQP_STATUS_OK);
    assert_int_equal(frame.frame_type, AMQP_FRAME_METHOD);
    assert_int_equal(frame.payload.method.id, AMQP_BASIC_ACK_METHOD);
    amqp_destroy_connection(conn);
}

const char *broker_event(const char *id, const char *versioned_type, const char *source,
                         const char *subject, const char *data)
{
    return text("{\"specversion\":\"1.0\",\"id\":\"%s\",\"type\":\"%s\",\"source\":\"/waybill/%s\","
                "\"subject\":\"%s\",\"time\":\"2026-01-01T00:00:00.000Z\",\"data\":%s}",
                id, versioned_type, source, subject, data);
}

int64_t queue_length(const char *queue)
{
    amqp_connection_state_t conn = broker_connect();
    const int passive = 1;
    amqp_queue_declare_ok_t *ok;
    int64_t length;

    if (!conn)
        return -1;
    ok = amqp_queue_declare(conn, CHANNEL, bytes(queue), passive, 0, 0, 0, amqp_empty_table);
    length = ok ? (int64_t)ok->message_count : -1;

    amqp_destroy_connection(conn);
    return length;
}

void queue_purge(const char *queue)
{
    amqp_connection_state_t conn = connection();

    amqp_queue_purge(conn, CHANNEL, bytes(queue));
    amqp_destroy_connection(conn);
}

static const char *header(const amqp_table_t *headers, const char *name)
{
    for (int i = 0; i < headers->num_entries; i++) {
        const amqp_table_entry_t *e = &headers->entries[i];

        if (e->key.len == strlen(name) && memcmp(e->key.bytes, name, e->key.len) == 0 &&
            e->value.kind == AMQP_FIELD_KIND_UTF8)
            return text("%.*s", (int)e->value.value.bytes.len,
                        (const char *)e->value.value.bytes.bytes);
    }
    return "";
}

const char *broker_dead_letter(const char *queue, const char *message_id)
{
    amqp_connection_state_t conn = connection();
    const char *error = NULL;
    const int no_ack = 0;

    while (!error) {
        amqp_message_t m;
        amqp_rpc_reply_t r = amqp_basic_get(conn, CHANNEL, bytes(queue), no_ack);

        if (r.reply_type != AMQP_RESPONSE_NORMAL || r.reply.id != AMQP_BASIC_GET_OK_METHOD)
            break;
        assert_int_equal(amqp_read_message(conn, CHANNEL, &m, 0).reply_type, AMQP_RESPONSE_NORMAL);
        if (m.properties._flags & AMQP_BASIC_MESSAGE_ID_FLAG &&
            m.properties.message_id.len == strlen(message_id) &&
            memcmp(m.properties.message_id.bytes, message_id, strlen(message_id)) == 0)
            error = header(&m.properties.headers, "x-error");
        amqp_destroy_message(&m);
    }
    amqp_destroy_connection(conn); /* unacknowledged: they stay where they are */
    return error;
}

/* NULL: it does not answer. */
static redisReply *redis(const char *command)
{
    const struct timeval timeout = {.tv_sec = 10};
    redisContext *c =
        redisConnectWithTimeout(world_env("REDIS_HOST"), world_port("REDIS_PORT"), timeout);
    redisReply *r = NULL;

    if (c && !c->err && redisSetTimeout(c, timeout) == REDIS_OK)
        r = redisCommand(c, "AUTH %s %s", world_env("REDIS_USER"),
                         world_secret("REDIS_PASSWORD_FILE"));
    if (r && r->type != REDIS_REPLY_ERROR) {
        freeReplyObject(r);
        r = redisCommand(c, command);
    }
    redisFree(c);
    return r;
}

static int64_t number_in(const redisReply *r)
{
    return r && r->type == REDIS_REPLY_INTEGER ? r->integer : -1;
}

static int64_t ask_redis(const char *command)
{
    redisReply *r = redis(command);
    const int64_t n = number_in(r);

    freeReplyObject(r);
    return n;
}

int64_t broker_stream_length(const char *stream)
{
    return ask_redis(text("XLEN %s", stream));
}

int64_t broker_saga_expires_s(const char *order_id)
{
    return ask_redis(text("TTL saga:order:%s", order_id));
}

int64_t broker_stream_pending(const char *stream, const char *group)
{
    redisReply *r = redis(text("XPENDING %s %s", stream, group));
    const bool told = r && r->type == REDIS_REPLY_ARRAY && r->elements > 0;
    const int64_t pending = number_in(told ? r->element[0] : NULL);

    freeReplyObject(r);
    return pending;
}

const char *broker_saga_state(const char *order_id)
{
    redisReply *r = redis(text("HGET saga:order:%s state", order_id));
    const char *state;

    assert_non_null(r);
    state = r->type == REDIS_REPLY_STRING ? text("%s", r->str) : "";
    freeReplyObject(r);
    return state;
}

struct reply broker_provider_ledger(void)
{
    return client_send(&(struct request){
        .url = text("%s/v1/ledger", world_env("PROVIDER_URL")),
        .token = world_secret("PROVIDER_KEY_FILE"),
    });
}
