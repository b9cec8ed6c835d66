/* bus.c - the connection to RabbitMQ: opening, reading, publishing. */
#include "bus.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "arena.h"
#include "bus_private.h"
#include "clock.h"

enum {
    MAX_CHANNELS = 1,
    MAX_FRAME = 131072, /* bytes; RabbitMQ's own default */
    HEARTBEAT_S = 10,
    TIMEOUT_S = 5,
    GOODBYE_MS = 500,
    MAX_SHORT_STRING = 255, /* of AMQP */
    MAX_HEADERS = 4,
};

/* --- opening and closing ---------------------------------------------------- */

/* Ask to be told when our queue is deleted and when the broker is short of memory:
 * rabbitmq-c does not by default, and a consumer whose queue is gone would wait for
 * ever without an error. */
static struct err login(struct bus *b, struct arena *a, const struct bus_address *addr)
{
    amqp_table_entry_t capabilities[] = {
        bus_flag("consumer_cancel_notify"),
        bus_flag("connection.blocked"),
        bus_flag("basic.nack"),
    };
    amqp_table_entry_t properties[] = {
        {.key = amqp_cstring_bytes("capabilities"),
         .value = {.kind = AMQP_FIELD_KIND_TABLE, .value.table = {3, capabilities}}},
        bus_text("connection_name", addr->name),
    };
    const amqp_table_t client = {2, properties};

    return bus_reply_error(b, a, "log in",
                           amqp_login_with_properties(b->conn, addr->vhost, MAX_CHANNELS, MAX_FRAME,
                                                      HEARTBEAT_S, &client, AMQP_SASL_METHOD_PLAIN,
                                                      addr->user, addr->password));
}

/* rabbitmq-c writes without a deadline, and a broker short of memory stops reading.
 * This makes the kernel give up instead. */
static struct err bound_writes(struct bus *b, struct arena *a)
{
    const int fd = amqp_get_sockfd(b->conn), on = 1, timeout_ms = TIMEOUT_S * 1000;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms)) < 0)
        return bus_library_error(b, a, "set timeouts", AMQP_STATUS_SOCKET_ERROR);
    return OK;
}

static struct err open_channel(struct bus *b, struct arena *a)
{
    struct err err;

    amqp_channel_open(b->conn, BUS_CHANNEL);
    err = bus_reply_error(b, a, "open channel", amqp_get_rpc_reply(b->conn));
    if (err.code)
        return err;
    amqp_confirm_select(b->conn, BUS_CHANNEL);
    err = bus_reply_error(b, a, "enable confirms", amqp_get_rpc_reply(b->conn));
    if (err.code)
        return err;
    return bus_declare_exchange(b, a, BUS_EXCHANGE, "topic");
}

static struct err connect_to(struct bus *b, struct arena *a, const struct bus_address *addr)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    amqp_socket_t *socket = amqp_tcp_socket_new(b->conn);
    struct err err;
    int status;

    if (!socket)
        abort();
    amqp_set_handshake_timeout(b->conn, &timeout);
    amqp_set_rpc_timeout(b->conn, &timeout);
    status = amqp_socket_open_noblock(socket, addr->host, addr->port, &timeout);
    if (status != AMQP_STATUS_OK)
        return bus_library_error(b, a, "connect", status);
    err = bound_writes(b, a);
    if (!err.code)
        err = login(b, a, addr);
    if (!err.code)
        err = open_channel(b, a);
    return err;
}

struct err bus_open(struct arena *a, const struct bus_address *addr, struct bus **out)
{
    struct bus *b = calloc(1, sizeof(*b));
    struct err err;

    *out = NULL;
    if (!b)
        abort();
    b->conn = amqp_new_connection();
    if (!b->conn)
        abort();
    b->first_tag = 1;
    err = connect_to(b, a, addr);
    if (err.code) {
        bus_close(b);
        return err;
    }
    *out = b;
    return OK;
}

/* A goodbye lets the broker read our last acknowledgements; without one it may find the
 * connection reset before it has. */
static void say_goodbye(struct bus *b)
{
    const struct timeval timeout = {.tv_usec = GOODBYE_MS * 1000L};

    amqp_set_rpc_timeout(b->conn, &timeout);
    amqp_connection_close(b->conn, AMQP_REPLY_SUCCESS);
}

void bus_close(struct bus *b)
{
    if (!b)
        return;
    if (!b->broken)
        say_goodbye(b);
    amqp_destroy_connection(b->conn);
    bus_delivery_free(b->arriving);
    while (b->oldest_ready) {
        struct delivery *d = b->oldest_ready;

        b->oldest_ready = d->next;
        bus_delivery_free(d);
    }
    free(b);
}

/* --- reading ---------------------------------------------------------------- */

static int left_ms(int64_t deadline_ms)
{
    const int64_t left = deadline_ms - clock_mono_ms();

    return left > 0 ? (int)left : 0;
}

struct err bus_next(struct bus *b, struct arena *a, int timeout_ms, struct message *m, bool *got)
{
    const int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    struct delivery *d;
    bool arrived = true;

    *got = false;
    while (!b->oldest_ready && arrived) {
        struct err err = bus_read_frame(b, a, left_ms(deadline_ms), &arrived);

        if (err.code)
            return err;
    }
    d = b->oldest_ready;
    if (!d)
        return OK;
    b->oldest_ready = d->next;
    if (!d->next)
        b->last_ready = NULL;
    *m = d->m;
    *got = true;
    arena_defer(a, bus_delivery_free, d);
    return OK;
}

struct err bus_ack(struct bus *b, struct arena *a, uint64_t tag, bool multiple)
{
    const int status = amqp_basic_ack(b->conn, BUS_CHANNEL, tag, multiple);

    return status == AMQP_STATUS_OK ? OK : bus_library_error(b, a, "acknowledge", status);
}

struct err bus_idle(struct bus *b, struct arena *a)
{
    bool arrived = true;
    struct err err = OK;

    while (!err.code && arrived)
        err = bus_read_frame(b, a, 0, &arrived);
    return err;
}

/* --- publishing ------------------------------------------------------------- */

/* What AMQP, and we, have no room for. */
static struct err check(struct bus *b, struct arena *a, const struct message *m)
{
    if (b->npublished == BUS_MAX_UNCONFIRMED)
        return err_new(a, ERR_INTERNAL, "broker: %d messages wait for bus_confirm()",
                       BUS_MAX_UNCONFIRMED);
    if (strlen(m->id) > MAX_SHORT_STRING || strlen(m->type) > MAX_SHORT_STRING)
        return err_new(a, ERR_INVALID, "a message's id and type have at most %d bytes",
                       MAX_SHORT_STRING);
    if (m->body_len > BUS_MAX_BODY)
        return err_new(a, ERR_INVALID, "a message has at most %d bytes", BUS_MAX_BODY);
    return OK;
}

static void note_publication(struct bus *b, const char *id, bool mandatory)
{
    struct publication *p = &b->published[b->npublished++];

    *p = (struct publication){.mandatory = mandatory};
    memcpy(p->id, id, strnlen(id, ID_LEN));
    b->nunsettled++;
}

struct err bus_publish_to(struct bus *b, struct arena *a, const char *exchange, const char *key,
                          const struct message *m, bool mandatory, amqp_table_t headers)
{
    const amqp_boolean_t immediate = 0;
    const amqp_basic_properties_t properties = {
        ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
                  AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_HEADERS_FLAG,
        .content_type = amqp_cstring_bytes("application/cloudevents+json"),
        .delivery_mode = AMQP_DELIVERY_PERSISTENT,
        .message_id = amqp_cstring_bytes(m->id),
        .type = amqp_cstring_bytes(m->type),
        .headers = headers,
    };
    const amqp_bytes_t body = {.len = m->body_len, .bytes = (void *)(uintptr_t)m->body};
    struct err err = check(b, a, m);
    int status;

    if (err.code)
        return err;
    status = amqp_basic_publish(b->conn, BUS_CHANNEL, amqp_cstring_bytes(exchange),
                                amqp_cstring_bytes(key), mandatory, immediate, &properties, body);
    if (status != AMQP_STATUS_OK)
        return bus_library_error(b, a, "publish", status);
    note_publication(b, m->id, mandatory);
    return OK;
}

struct err bus_publish(struct bus *b, struct arena *a, const struct message *m, bool mandatory)
{
    amqp_table_entry_t headers[MAX_HEADERS] = {bus_text("traceparent", m->traceparent)};
    const int n = *m->traceparent ? 1 : 0;

    return bus_publish_to(b, a, BUS_EXCHANGE, m->type, m, mandatory, (amqp_table_t){n, headers});
}

/* The first bytes of 'text', not ending within a character of UTF-8. */
static const char *cut(struct arena *a, const char *text, size_t max)
{
    size_t len = strlen(text);

    if (len <= max)
        return text;
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    return arena_strndup(a, text, len);
}

static struct err publish_failed(struct bus *b, struct arena *a, const char *exchange,
                                 const char *key, const struct message *m, int attempt)
{
    const bool mandatory = true;
    amqp_table_entry_t headers[MAX_HEADERS] = {
        bus_number("x-attempt", attempt),
        bus_text("x-queue", m->queue),
        bus_text("x-error", cut(a, m->error, BUS_MAX_ERROR)),
        bus_text("traceparent", m->traceparent),
    };
    const int n = *m->traceparent ? MAX_HEADERS : MAX_HEADERS - 1;

    return bus_publish_to(b, a, exchange, key, m, mandatory, (amqp_table_t){n, headers});
}

struct err bus_retry(struct bus *b, struct arena *a, const struct message *m)
{
    const int attempt = m->attempts < BUS_RETRIES ? m->attempts + 1 : BUS_RETRIES;

    return publish_failed(b, a, bus_retry_name(a, attempt), m->queue, m, attempt);
}

struct err bus_bury(struct bus *b, struct arena *a, const struct message *m)
{
    const char *by_queue_name = ""; /* the default exchange */

    return publish_failed(b, a, by_queue_name, arena_printf(a, "%s.dead", m->queue), m,
                          m->attempts);
}

/* What became of each publication; then the next one starts a new count. */
static struct err report(struct bus *b, struct arena *a, bool refused[], size_t n)
{
    size_t unreported = 0;

    for (size_t i = 0; i < b->npublished; i++) {
        if (refused && i < n)
            refused[i] = b->published[i].refused;
        else
            unreported += b->published[i].refused;
    }
    b->first_tag += b->npublished;
    b->npublished = 0;
    if (unreported == 0)
        return OK;
    return err_new(a, ERR_UNAVAILABLE, "broker: %zu messages reached no queue, or a full one",
                   unreported);
}

struct err bus_confirm(struct bus *b, struct arena *a, bool refused[], size_t n, int timeout_ms)
{
    const int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    bool arrived = true;

    while (b->nunsettled > 0) {
        struct err err = bus_read_frame(b, a, left_ms(deadline_ms), &arrived);

        if (err.code)
            return err;
        if (!arrived)
            return bus_library_error(b, a, "wait for confirms", AMQP_STATUS_TIMEOUT);
    }
    return report(b, a, refused, n);
}
