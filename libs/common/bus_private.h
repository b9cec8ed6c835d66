/* bus_private.h - what the parts of the bus share: bus.c (connection, publishing),
 * bus_frames.c (everything that the broker sends), bus_topology.c (queues). */
#ifndef COMMON_BUS_PRIVATE_H
#define COMMON_BUS_PRIVATE_H

#include "amqp_compat.h"
#include "bus.h"
#include "id.h"

enum { BUS_CHANNEL = 1 };

/* A published message that the broker has or has not answered for. */
struct publication {
    char id[ID_LEN + 1]; /* of the message, to find it when it is returned */
    bool mandatory;      /* only such a message is returned */
    bool settled, refused;
};

/* A received message in an arena of its own: it may arrive while we wait for confirms,
 * and then outlives the unit of work that waits. */
struct delivery {
    struct delivery *next;
    struct arena *arena;
    struct message m;
    char *body;
    size_t arrived; /* bytes of the body so far */
};

struct bus {
    amqp_connection_state_t conn;
    bool broken; /* after an error: nothing more can be said to the broker */

    /* What was published since the last bus_confirm(), oldest first; the broker
     * counts publications from 1, and published[0] is number 'first_tag'. */
    struct publication published[BUS_MAX_UNCONFIRMED];
    size_t npublished, nunsettled;
    uint64_t first_tag;
    bool returning; /* the content that comes next is of a returned message */

    struct delivery *arriving;                  /* its frames are being read */
    struct delivery *oldest_ready, *last_ready; /* complete, waiting for bus_next() */
};

/* Read one frame and act on it: collect a delivery, note a confirm. Wait up to
 * 'timeout_ms'; *got is false when nothing came. */
struct err bus_read_frame(struct bus *b, struct arena *a, int timeout_ms, bool *got) MUST_CHECK;
void bus_delivery_free(void *delivery);

/* The bus is broken: with a status of the library, or an answer to a call. */
struct err bus_library_error(struct bus *b, struct arena *a, const char *doing,
                             int status) MUST_CHECK;
struct err bus_reply_error(struct bus *b, struct arena *a, const char *doing,
                           amqp_rpc_reply_t reply) MUST_CHECK; /* OK when it is none */

/* Publish with these headers, to be confirmed by bus_confirm(). The default exchange, "",
 * routes by the queue's name. ERR_INVALID: too large for AMQP or for us. */
struct err bus_publish_to(struct bus *b, struct arena *a, const char *exchange, const char *key,
                          const struct message *m, bool mandatory, amqp_table_t headers) MUST_CHECK;

/* "retry.1000ms", the name of an exchange and of a queue. */
const char *bus_retry_name(struct arena *a, int attempt);

struct err bus_declare_exchange(struct bus *b, struct arena *a, const char *name,
                                const char *type) MUST_CHECK;

/* Entries of AMQP tables. */
static inline amqp_table_entry_t bus_flag(const char *key)
{
    return (amqp_table_entry_t){
        .key = amqp_cstring_bytes(key),
        .value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1},
    };
}

static inline amqp_table_entry_t bus_number(const char *key, int32_t value)
{
    return (amqp_table_entry_t){
        .key = amqp_cstring_bytes(key),
        .value = {.kind = AMQP_FIELD_KIND_I32, .value.i32 = value},
    };
}

static inline amqp_table_entry_t bus_text(const char *key, const char *value)
{
    return (amqp_table_entry_t){
        .key = amqp_cstring_bytes(key),
        .value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(value)},
    };
}

#endif
