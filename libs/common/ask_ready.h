/* ask_ready.h - whether the instance that serves here is ready: for --healthcheck. */
#ifndef COMMON_ASK_READY_H
#define COMMON_ASK_READY_H

#include <stdint.h>

#include "arena.h"
#include "err.h"

/* GET /readyz of the server that listens on 'address' and 'port' of this host, for up to
 * 2 s; errors call it 'name'. OK when it says that it is ready; else ERR_UNAVAILABLE, as of
 * http_call(). */
struct err ask_ready(struct arena *a, const char *name, const char *address,
                     int64_t port) MUST_CHECK;

#endif
