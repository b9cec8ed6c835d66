/* shim.c - every message twice, in random order. */
#include "shim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "books.h"
#include "broker.h"
#include "rng.h"
#include "world.h"

enum { CHANNEL = 1, HELD = 100, MAX_TYPES = 8, AT_ONCE = 20, WAIT_US = 10000 };

struct held {
    amqp_envelope_t message;
    bool passed; /* once */
};

static struct shim {
    const char *queue, *types[MAX_TYPES + 1];
    _Atomic bool running, draining;
    pthread_t thread;
    struct rng rng;
    struct held held[HELD];
    int nheld;
    uint64_t passed; /* on this connection, as the broker numbers them */
} shims[] = {
    {.queue = "order",
     .types = {"inventory.reserved", "inventory.failed", "inventory.released", "payment.processed",
               "payment.failed", "payment.refunded", "shipment.dispatched", "shipment.failed"}},
    {.queue = "inventory", .types = {"order.created", "order.confirmed", "order.cancelling"}  },
    {.queue = "payment",   .types = {"inventory.reserved", "order.cancelled"}                 },
};

static struct shim *shim_of(const char *queue)
{
    for (size_t i = 0; i < sizeof(shims) / sizeof(shims[0]); i++)
        if (strcmp(shims[i].queue, queue) == 0)
            return &shims[i];
    return NULL;
}

static amqp_bytes_t bytes(const char *s)
{
    return amqp_cstring_bytes(s);
}

static const char *ours(const struct shim *s)
{
    return text("chaos.%s", s->queue);
}

static bool fine(amqp_connection_state_t conn)
{
    return amqp_get_rpc_reply(conn).reply_type == AMQP_RESPONSE_NORMAL;
}

/* --- whose queue the events go to ----------------------------------------------- */

static bool bind(amqp_connection_state_t conn, const char *queue, const struct shim *s, bool on)
{
    for (const char *const *type = s->types; *type; type++) {
        if (on)
            amqp_queue_bind(conn, CHANNEL, bytes(queue), bytes("waybill"), bytes(*type),
                            amqp_empty_table);
        else
            amqp_queue_unbind(conn, CHANNEL, bytes(queue), bytes("waybill"), bytes(*type),
                              amqp_empty_table);
        if (!fine(conn))
            return false;
    }
    return true;
}

/* The new way first: a message may go both ways, which is fine, but never neither. */
static bool redirect(amqp_connection_state_t conn, const struct shim *s, bool to_us)
{
    const char *from = to_us ? s->queue : ours(s), *to = to_us ? ours(s) : s->queue;

    return bind(conn, to, s, true) && bind(conn, from, s, false);
}

static bool declare_ours(amqp_connection_state_t conn, const struct shim *s)
{
    const amqp_boolean_t passive = 0, durable = 1, exclusive = 0, auto_delete = 0;

    amqp_queue_declare(conn, CHANNEL, bytes(ours(s)), passive, durable, exclusive, auto_delete,
                       amqp_empty_table);
    return fine(conn);
}

/* --- the thread ------------------------------------------------------------------ */

static bool publish(amqp_connection_state_t conn, const struct shim *s, const amqp_message_t *m)
{
    const int mandatory = 0, immediate = 0;

    return amqp_basic_publish(conn, CHANNEL, amqp_empty_bytes, bytes(s->queue), mandatory,
                              immediate, &m->properties, m->body) == AMQP_STATUS_OK;
}

/* Wait until the broker has the messages from number 'first' on, 'n' of them. */
static bool confirmed(amqp_connection_state_t conn, uint64_t first, size_t n)
{
    struct timeval timeout = {.tv_sec = 5};
    bool has[AT_ONCE] = {false};
    size_t missing = n;

    while (missing > 0) {
        amqp_frame_t frame;
        const amqp_basic_ack_t *ack;

        amqp_maybe_release_buffers(conn);
        if (amqp_simple_wait_frame_noblock(conn, &frame, &timeout) != AMQP_STATUS_OK ||
            frame.frame_type != AMQP_FRAME_METHOD ||
            frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
            return false;
        ack = frame.payload.method.decoded;
        for (size_t i = 0; i < n; i++)
            if (!has[i] && (first + i == ack->delivery_tag ||
                            (ack->multiple && first + i < ack->delivery_tag))) {
                has[i] = true;
                missing--;
            }
    }
    return true;
}

/* Some of those we hold, at random, move to the end. */
static void choose(struct shim *s, int n)
{
    for (int end = s->nheld; end > s->nheld - n; end--) {
        const int i = (int)rng_between(&s->rng, 0, end);
        const struct held chosen = s->held[i];

        s->held[i] = s->held[end - 1];
        s->held[end - 1] = chosen;
    }
}

static void forget(struct shim *s, int i)
{
    amqp_destroy_envelope(&s->held[i].message);
    s->held[i] = s->held[--s->nheld];
}

/* Some of those we hold go on. Each stays with us until it has gone on twice. */
static bool pass_some(struct shim *s, amqp_connection_state_t in, amqp_connection_state_t out)
{
    const int n = s->nheld < AT_ONCE ? s->nheld : AT_ONCE, first = s->nheld - n;

    choose(s, n);
    for (int i = first; i < first + n; i++)
        if (!publish(out, s, &s->held[i].message.message))
            return false;
    if (!confirmed(out, s->passed + 1, (size_t)n))
        return false;
    s->passed += (uint64_t)n;
    for (int i = first + n - 1; i >= first; i--) { /* from the end, which fills the gaps */
        if (!s->held[i].passed) {
            s->held[i].passed = true;
            continue;
        }
        if (amqp_basic_ack(in, CHANNEL, s->held[i].message.delivery_tag, 0) != AMQP_STATUS_OK)
            return false;
        forget(s, i);
    }
    return true;
}

static bool turn(struct shim *s, amqp_connection_state_t in, amqp_connection_state_t out)
{
    struct timeval timeout = {.tv_usec = WAIT_US};
    amqp_rpc_reply_t r = {.reply_type = AMQP_RESPONSE_NORMAL};

    amqp_maybe_release_buffers(in);
    if (s->nheld < HELD)
        r = amqp_consume_message(in, &s->held[s->nheld].message, &timeout, 0);
    if (s->nheld < HELD && r.reply_type == AMQP_RESPONSE_NORMAL) {
        s->held[s->nheld++].passed = false;
        return true;
    }
    if (r.reply_type != AMQP_RESPONSE_NORMAL && r.library_error != AMQP_STATUS_TIMEOUT)
        return false;
    return s->nheld == 0 || pass_some(s, in, out);
}

/* Until the connection breaks, or nothing is left and nothing is to come. */
static void serve(struct shim *s, amqp_connection_state_t in, amqp_connection_state_t out)
{
    s->passed = 0;
    amqp_basic_qos(in, CHANNEL, 0, HELD, 0);
    amqp_basic_consume(in, CHANNEL, bytes(ours(s)), amqp_empty_bytes, 0, 0, 0, amqp_empty_table);
    if (!fine(in))
        return;
    while (turn(s, in, out))
        if (atomic_load(&s->draining) && s->nheld == 0 && queue_length(ours(s)) == 0)
            return;
}

static void *run(void *arg)
{
    struct shim *s = arg;
    bool empty = false;

    while (!empty) {
        amqp_connection_state_t in = broker_connect(), out = broker_connect();

        if (in && out && declare_ours(in, s))
            serve(s, in, out);
        while (s->nheld > 0) /* the broker has them still */
            forget(s, s->nheld - 1);
        if (in)
            amqp_destroy_connection(in);
        if (out)
            amqp_destroy_connection(out);
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        empty = atomic_load(&s->draining) && queue_length(ours(s)) == 0;
    }
    return NULL;
}

/* --- on and off ------------------------------------------------------------------- */

void shim_seed(uint64_t seed)
{
    for (size_t i = 0; i < sizeof(shims) / sizeof(shims[0]); i++)
        shims[i].rng.state = seed + i + 1;
}

bool shim_on(const char *queue)
{
    struct shim *s = shim_of(queue);
    amqp_connection_state_t conn = broker_connect();
    bool done = conn && declare_ours(conn, s) && redirect(conn, s, true);

    if (conn)
        amqp_destroy_connection(conn);
    if (!atomic_load(&s->running)) {
        atomic_store(&s->running, true);
        atomic_store(&s->draining, false);
        if (pthread_create(&s->thread, NULL, run, s) != 0)
            abort();
    }
    return done;
}

bool shim_off(const char *queue)
{
    struct shim *s = shim_of(queue);
    amqp_connection_state_t conn = broker_connect();
    bool done = conn && declare_ours(conn, s) && redirect(conn, s, false);

    if (done && atomic_load(&s->running)) {
        atomic_store(&s->draining, true);
        pthread_join(s->thread, NULL);
        atomic_store(&s->running, false);
    }
    if (done) {
        const int if_unused = 0, if_empty = 1;

        amqp_queue_delete(conn, CHANNEL, bytes(ours(s)), if_unused, if_empty);
        done = fine(conn);
    }
    if (conn)
        amqp_destroy_connection(conn);
    return done;
}

bool shim_delete_queue(const char *queue)
{
    amqp_connection_state_t conn = broker_connect();
    const int if_unused = 0, if_empty = 0;
    bool done = false;

    if (conn) {
        amqp_queue_delete(conn, CHANNEL, bytes(queue), if_unused, if_empty);
        done = fine(conn);
        amqp_destroy_connection(conn);
    }
    return done;
}
