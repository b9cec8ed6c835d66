/* service.h - what every service's main() does, once.
 *
 * Reads the configuration (--help prints it; all mistakes are told at once), waits
 * for the database, migrates it, starts the HTTP server, the consumer, the relays
 * and the jobs that the service describes, serves until SIGTERM or SIGINT, and then
 * drains: not ready, no new requests, finish what is in hand, stop. The log says what it
 * waits for, when it is ready, and when that changes.
 * It stops within 15 s or is cut off. --healthcheck asks the running instance's /readyz
 * and exits 0 or 1. */
#ifndef COMMON_SERVICE_H
#define COMMON_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"
#include "config.h"
#include "event.h"
#include "http.h"
#include "worker.h"

#define SERVICE_VERSION "0.1.0"

/* Settings that all services share; see service_config.c for their names and defaults. */
struct service_settings {
    int64_t port, workers, queue_limit, wait_ms, max_connections;
    const char *address, *log_level, *instance;
    const char *database_url, *database_password;
    const char *amqp_host, *amqp_user, *amqp_password, *amqp_vhost;
    int64_t amqp_port;
    const char *redis_host, *redis_password;
    int64_t redis_port;
    const char *jwt_public_key;
    int64_t keep_s; /* how long inbox and idempotency entries are kept */
    int64_t outbox_max, outbox_old_s;
};

/* A job: one step (worker.h) run by 'threads' workers. */
struct service_job {
    const char *name;
    worker_step *step;
    void *arg;
    int64_t period_ms;
    int threads; /* 0 means 1 */
};

struct service {
    const char *name;
    /* its own settings, beside the shared ones */
    const struct config_key *keys;
    size_t nkeys;
    void *settings;
    const struct http_route *routes;
    size_t nroutes;
    /* events from RabbitMQ's queue <name>; none: no consumer */
    const struct subscription *subscriptions;
    size_t nsubscriptions;
    event_ahead *ahead; /* of those, or NULL */
    /* events from a Redis Stream, in the group <name>; none: no reader */
    const char *stream;
    const struct subscription *stream_subscriptions;
    size_t nstream_subscriptions;
    bool publishes;                  /* has an outbox that goes to RabbitMQ */
    const char *publishes_to_stream; /* and to this Redis Stream */
    const char *stream_script;       /* relay.h */
    const struct service_job *jobs;
    size_t njobs;
    /* After the migrations and before serving: clients, seeds. In a DB_WRITE unit. May be NULL. */
    struct err (*init)(struct ctx *ctx);
};

/* To be returned by main(). Also starts libsodium; libcurl starts with the first call,
 * OpenSSL by itself. */
int service_main(int argc, char **argv, const struct service *s);

/* The shared settings, valid from 'init' on. */
const struct service_settings *service_settings(void);

#endif
