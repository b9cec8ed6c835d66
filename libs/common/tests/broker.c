/* broker.c - RabbitMQ as tests see it. */
#include "broker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "amqp_compat.h"
#include "arena.h"
#include "testing.h"

enum { CHANNEL = 1, FRAME = 131072, LONGEST = 128 };

struct broker {
    amqp_connection_state_t conn;
};

static void die(const char *what)
{
    fprintf(stderr, "the broker of TEST_AMQP_HOST: %s\n", what);
    exit(1);
}

static void must(struct broker *b, const char *what)
{
    if (amqp_get_rpc_reply(b->conn).reply_type != AMQP_RESPONSE_NORMAL)
        die(what);
}

struct bus_address broker_address(void)
{
    return (struct bus_address){
        .host = testing_env("TEST_AMQP_HOST"),
        .port = (int)strtol(testing_env("TEST_AMQP_PORT"), NULL, 10),
        .user = testing_env("TEST_AMQP_USER"),
        .password = testing_env("TEST_AMQP_PASSWORD"),
        .vhost = testing_env("TEST_AMQP_VHOST"),
        .name = "tests",
    };
}

struct broker *broker_open(void)
{
    const struct bus_address addr = broker_address();
    struct broker *b = calloc(1, sizeof(*b));
    amqp_socket_t *socket;

    if (!b)
        abort();
    b->conn = amqp_new_connection();
    socket = amqp_tcp_socket_new(b->conn);
    if (amqp_socket_open(socket, addr.host, addr.port) != AMQP_STATUS_OK)
        die("cannot connect");
    if (amqp_login(b->conn, addr.vhost, 0, FRAME, 0, AMQP_SASL_METHOD_PLAIN, addr.user,
                   addr.password)
            .reply_type != AMQP_RESPONSE_NORMAL)
        die("cannot log in");
    amqp_channel_open(b->conn, CHANNEL);
    must(b, "open channel");
    return b;
}

void broker_close(struct broker *b)
{
    amqp_connection_close(b->conn, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(b->conn);
    free(b);
}

void broker_make_queue(struct broker *b, const char *queue, const char *type, int max_length)
{
    amqp_table_entry_t entries[] = {
        {.key = amqp_cstring_bytes("x-max-length"),
         .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = max_length}},
        {.key = amqp_cstring_bytes("x-overflow"),
         .value = {.kind = AMQP_FIELD_KIND_UTF8,
                   .value.bytes = amqp_cstring_bytes("reject-publish")} },
    };

    amqp_queue_declare(b->conn, CHANNEL, amqp_cstring_bytes(queue), 0, 1, 0, 0,
                       (amqp_table_t){max_length ? 2 : 0, entries});
    must(b, "declare queue");
    amqp_queue_bind(b->conn, CHANNEL, amqp_cstring_bytes(queue), amqp_cstring_bytes(BUS_EXCHANGE),
                    amqp_cstring_bytes(type), amqp_empty_table);
    must(b, "bind queue");
}

void broker_delete_queue(struct broker *b, const char *queue)
{
    amqp_queue_delete(b->conn, CHANNEL, amqp_cstring_bytes(queue), 0, 0);
    must(b, "delete queue");
    amqp_maybe_release_buffers(b->conn);
}

void broker_forget(struct broker *b, const char *queue)
{
    char name[LONGEST];

    broker_delete_queue(b, queue);
    snprintf(name, sizeof(name), "%s.dead", queue);
    broker_delete_queue(b, name);
    for (int i = 1; i <= BUS_RETRIES; i++) {
        snprintf(name, sizeof(name), "retry.%dms", bus_retry_delay_ms(i));
        broker_delete_queue(b, name);
        amqp_exchange_delete(b->conn, CHANNEL, amqp_cstring_bytes(name), 0);
        must(b, "delete exchange");
    }
}

void broker_set_delays(void)
{
    const int step = 40 + (int)(getpid() % 40);
    int ms[BUS_RETRIES];

    for (int i = 0; i < BUS_RETRIES; i++)
        ms[i] = step * (i + 1);
    bus_set_retry_delays(ms);
}

/* Asking for a queue that is not there closes the channel. */
int broker_depth(struct broker *b, const char *queue)
{
    const amqp_queue_declare_ok_t *ok = amqp_queue_declare(
        b->conn, CHANNEL, amqp_cstring_bytes(queue), 1, 0, 0, 0, amqp_empty_table);
    const int depth = ok ? (int)ok->message_count : -1;

    if (ok)
        return depth;
    amqp_send_method(b->conn, CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &(amqp_channel_close_ok_t){0});
    amqp_channel_open(b->conn, CHANNEL);
    must(b, "open channel again");
    return depth;
}

static const char *text(struct arena *a, bool there, amqp_bytes_t s)
{
    return there ? arena_strndup(a, s.bytes, s.len) : "";
}

static void read_headers(struct arena *a, const amqp_basic_properties_t *p,
                         struct broker_message *m)
{
    for (int i = 0; p->_flags & AMQP_BASIC_HEADERS_FLAG && i < p->headers.num_entries; i++) {
        const amqp_table_entry_t *e = &p->headers.entries[i];
        const char *key = text(a, true, e->key);

        if (strcmp(key, "x-attempt") == 0)
            m->attempt = e->value.value.i32;
        else if (strcmp(key, "x-queue") == 0)
            m->queue = text(a, true, e->value.value.bytes);
        else if (strcmp(key, "x-error") == 0)
            m->error = text(a, true, e->value.value.bytes);
        else if (strcmp(key, "traceparent") == 0)
            m->traceparent = text(a, true, e->value.value.bytes);
    }
}

bool broker_get(struct broker *b, struct arena *a, const char *queue, struct broker_message *m)
{
    amqp_message_t message;
    const amqp_basic_properties_t *p = &message.properties;
    amqp_rpc_reply_t reply = amqp_basic_get(b->conn, CHANNEL, amqp_cstring_bytes(queue), 1);

    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        die("get");
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD)
        return false;
    if (amqp_read_message(b->conn, CHANNEL, &message, 0).reply_type != AMQP_RESPONSE_NORMAL)
        die("read message");
    *m = (struct broker_message){
        .id = text(a, p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG, p->message_id),
        .type = text(a, p->_flags & AMQP_BASIC_TYPE_FLAG, p->type),
        .content_type = text(a, p->_flags & AMQP_BASIC_CONTENT_TYPE_FLAG, p->content_type),
        .delivery_mode = p->delivery_mode,
        .body = text(a, true, message.body),
        .traceparent = "",
        .queue = "",
        .error = "",
        .attempt = -1,
    };
    read_headers(a, p, m);
    amqp_destroy_message(&message);
    amqp_maybe_release_buffers(b->conn);
    return true;
}

void broker_put(struct broker *b, const char *exchange, const char *key, const char *id,
                const char *type, const char *body, size_t len, bool odd)
{
    amqp_table_entry_t headers[] = {
        {.key = amqp_cstring_bytes("x-attempt"),
         .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes("many")}},
        {.key = amqp_cstring_bytes("traceparent"),
         .value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = -1}                           },
        {.key = amqp_cstring_bytes("x-error"),     .value = {.kind = AMQP_FIELD_KIND_VOID} },
    };
    amqp_basic_properties_t p = {._flags = 0};
    const amqp_bytes_t bytes = {.len = len, .bytes = (void *)(uintptr_t)body};

    if (id) {
        p._flags |= AMQP_BASIC_MESSAGE_ID_FLAG;
        p.message_id = amqp_cstring_bytes(id);
    }
    if (type) {
        p._flags |= AMQP_BASIC_TYPE_FLAG;
        p.type = amqp_cstring_bytes(type);
    }
    if (odd) {
        p._flags |= AMQP_BASIC_HEADERS_FLAG;
        p.headers = (amqp_table_t){3, headers};
    }
    if (amqp_basic_publish(b->conn, CHANNEL, amqp_cstring_bytes(exchange), amqp_cstring_bytes(key),
                           0, 0, &p, bytes) != AMQP_STATUS_OK)
        die("publish");
}
