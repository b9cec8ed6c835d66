/* broker.h - RabbitMQ as tests see it: a second connection that looks into queues, puts
 * foreign messages there, and cleans up. Ends the program when the broker refuses. */
#ifndef COMMON_TESTS_BROKER_H
#define COMMON_TESTS_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"

struct broker;

struct bus_address broker_address(void); /* from the environment */

struct broker *broker_open(void);
void broker_close(struct broker *b);

/* A plain queue bound to one type; 'max_length' 0 is none, else it refuses more. */
void broker_make_queue(struct broker *b, const char *queue, const char *type, int max_length);
void broker_delete_queue(struct broker *b, const char *queue);

/* 'queue', its dead letters, and the retry queues of the present delays. */
void broker_forget(struct broker *b, const char *queue);

/* Delays of tens of milliseconds, hardly those of another test that runs now. */
void broker_set_delays(void);

/* Messages ready in the queue, -1: no such queue. */
int broker_depth(struct broker *b, const char *queue);

struct broker_message {
    const char *id, *type, *traceparent, *content_type, *body;
    int delivery_mode;
    int attempt; /* x-attempt, -1: none */
    const char *queue, *error;
};

/* Take one message from a queue, if there is one. Missing texts are "". */
bool broker_get(struct broker *b, struct arena *a, const char *queue, struct broker_message *m);

/* A message of anybody's making: NULL properties are left out. With 'odd' its headers
 * have the names of ours and none of their types. */
void broker_put(struct broker *b, const char *exchange, const char *key, const char *id,
                const char *type, const char *body, size_t len, bool odd);

#endif
