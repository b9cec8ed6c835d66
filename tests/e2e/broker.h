/* broker.h - what the tests do behind the services' backs: put messages on the real
 * broker, look into the stream, ask the provider for its ledger. */
#ifndef E2E_BROKER_H
#define E2E_BROKER_H

#include <stddef.h>
#include <stdint.h>

#include "amqp_compat.h"
#include "client.h"

/* A connection as the broker's administrator with channel 1 open, on which publishing is
 * confirmed; NULL when the broker does not answer. amqp_destroy_connection() ends it. */
amqp_connection_state_t broker_connect(void);

/* Publish 'body' to the exchange under 'type' and wait for the broker's confirm. */
void broker_publish(const char *type, const char *id, const char *body, size_t len);

/* An envelope around 'data', as a service would write it. */
const char *broker_event(const char *id, const char *versioned_type, const char *source,
                         const char *subject, const char *data);

/* Why the message with this id is in a dead letter queue; NULL: it is not there. */
const char *broker_dead_letter(const char *queue, const char *message_id);

/* The state that operators see in Redis, or "". */
const char *broker_saga_state(const char *order_id);

/* In how many seconds that is forgotten; -1: never, -2: there is none. */
int64_t broker_saga_expires_s(const char *order_id);

/* Entries in a stream, and those that a group got and has not acknowledged; -1: Redis does
 * not answer, or knows of no such group. */
int64_t broker_stream_length(const char *stream);
int64_t broker_stream_pending(const char *stream, const char *group);

struct reply broker_provider_ledger(void);

#endif
