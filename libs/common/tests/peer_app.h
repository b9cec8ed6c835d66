/* peer_app.h - a service to call in tests of the HTTP client: it answers well, badly,
 * late or not at all.
 *
 *   /status/<n>  answers that      /flaky  502 peer.failures_left times, then 200
 *   /big/<n>     n bytes           /stall  waits until peer.gate_open */
#ifndef TESTS_PEER_APP_H
#define TESTS_PEER_APP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "ctx.h"
#include "err.h"
#include "http_client.h"

enum { PEER_MAX_BODY = 1000, PLENTY_MS = 5000 };

/* What tests look at and turn. */
extern struct peer_app {
    struct ctx ctx;
    struct http_target *target; /* the service, under the name "stock" */
    atomic_int hits, failures_left;
    atomic_int waiting; /* at the gate */
    atomic_bool gate_open;
} peer;

int peer_start(void **state); /* of the group */
int peer_stop(void **state);
int peer_setup(void **state); /* of each test */
int peer_teardown(void **state);

/* The options of 'target', and another target in its place. */
struct http_target_options peer_options(void);
void peer_use(struct http_target_options opt);

struct err peer_get(const char *path, struct http_reply *reply); /* repeatable */
void assert_peer_unavailable(const char *path, const char *why);

#endif
