/* service_internal.h - what the parts of service_main() share; private to them.
 *
 *   service.c         the command line, and the order of everything
 *   service_config.c  the settings that services share
 *   service_wait.c    the time between the start and the signal that ends it
 *   service_parts.c   the server, workers and readers that a service consists of */
#ifndef COMMON_SERVICE_INTERNAL_H
#define COMMON_SERVICE_INTERNAL_H

#include <stdio.h>

#include "bus.h"
#include "service.h"
#include "stream.h"

/* --- service_config.c --- */

/* Load what 's' needs of the shared settings, its own settings, and open the log. ERR_INVALID:
 * one line for each mistake in any of them. */
struct err service_config_load(struct arena *a, const struct service *s,
                               struct service_settings *out) MUST_CHECK;

/* Only where to find the running instance: address and port. */
struct err service_config_load_address(struct arena *a, struct service_settings *out) MUST_CHECK;

void service_config_help(FILE *out, const struct service *s);
void service_config_log(const struct service *s, const struct service_settings *settings);

bool service_has_outbox(const struct service *s);
bool service_uses_bus(const struct service *s);
bool service_uses_redis(const struct service *s);
bool service_uses_tokens(const struct service *s);

/* --- service_wait.c --- */

/* Block what ends a service, for this thread and those that it starts. */
void service_take_signals(void);

/* One of them, if it comes within 'ms'; else 0. */
int service_signal(int64_t ms);

/* Wait for one. Until then the log is told when the service is ready, what it waits for,
 * and when that changes. */
int service_wait(void);

/* --- service_parts.c --- */

/* What the parts are made of; must stay valid while they run. */
struct service_base {
    const struct service *service;
    const struct service_settings *settings;
    struct arena *arena;
    struct db_options db, work_db; /* for requests; for who takes work from tables */
    struct bus_address broker;
    struct stream_address redis;
};

/* The key that tokens are verified with: ERR_INVALID when it is none. */
struct err service_open_auth(const struct service_base *base) MUST_CHECK;

/* The HTTP server: ERR_UNAVAILABLE when the port is taken. */
struct err service_serve(const struct service_base *base) MUST_CHECK;

/* Relays, jobs, housekeeping; then consumer and stream reader. */
void service_start_work(const struct service_base *base);

/* The reverse: no new work from outside first, the last events last. */
void service_stop_all(const struct service_base *base);

#endif
