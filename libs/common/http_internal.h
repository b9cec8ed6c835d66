/* http_internal.h - what the parts of the HTTP server share; private to them.
 *
 *   http.c           the server and its threads
 *   http_wire.c      libmicrohttpd's callbacks: from bytes to a request and back
 *   http_routes.c    from the request target to a route
 *   http_dispatch.c  from a route to an answer */
#ifndef COMMON_HTTP_INTERNAL_H
#define COMMON_HTTP_INTERNAL_H

#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "http.h"
#include "metrics.h"

enum { HTTP_MAX_SEGMENTS = 16, HTTP_STATUS_CLASSES = 6 };

struct http_param {
    struct http_param *next;
    const char *name, *value;
};

/* One request, from its request line to the last byte of its answer. It belongs to
 * the event thread except between being queued and MHD_resume_connection(), when it
 * belongs to a worker; libmicrohttpd does not touch a suspended connection, so there
 * is nothing to lock. It lives in its own arena, which holds the request and the answer. */
struct http_exchange {
    struct http_exchange *next; /* in the queue */
    struct MHD_Connection *conn;
    struct arena *arena;
    const char *target; /* as it came: path and query */
    int64_t started_us, queued_ms;
    char *body;
    size_t body_len, body_cap, discarded;

    const struct http_route *route; /* NULL: none */
    const struct http_route_metrics *metrics;
    bool begun;                              /* its headers were read */
    bool accepted;                           /* it was queued */
    bool answered;                           /* 'res' is final */
    bool hang_up;                            /* and sent at once, before any body */
    const char *segments[HTTP_MAX_SEGMENTS]; /* of the path, decoded */
    size_t nsegments;
    struct http_param *query;
    const char *request_id, *traceparent, *authorization, *idempotency_key;

    struct http_request req;
    struct http_response res;
    /* headers of the answer, NULL for none */
    const char *content_type, *allow, *retry_after, *authenticate, *replayed;
};

struct http_route_metrics {
    struct metric *seconds, *requests[HTTP_STATUS_CLASSES]; /* [5]: 5xx */
};

struct http_server {
    struct http_options opt;
    struct MHD_Daemon *daemon;
    int listener;
    uint16_t port;
    pthread_t *threads;
    unsigned nthreads;
    struct http_route_metrics *metrics; /* one a route, the last for no route */
    struct metric *in_flight_gauge, *rejected;
    atomic_bool draining; /* answers close their connection */

    /* Counts the requests that wait, and at a stop one more for each worker. Not a condition: a
     * wake would cost two system calls more (glibc takes the lock back as if others wanted it). */
    sem_t work;

    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t idle;
    struct http_exchange *head, **tail;
    unsigned queued, in_flight; /* in_flight: accepted and not yet sent */
    bool stopping;
};

/* --- http.c --- */

/* Give 'x' to the workers: then it is theirs. False: the queue is full. */
bool http_enqueue(struct http_server *s, struct http_exchange *x);

/* The answer of an accepted exchange has left, or its client has. */
void http_finished(struct http_server *s);

/* --- http_wire.c: for MHD_start_daemon() --- */

void *http_on_target(void *server, const char *target, struct MHD_Connection *conn);
enum MHD_Result http_on_request(void *server, struct MHD_Connection *conn, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_len, void **state);
void http_on_completed(void *server, struct MHD_Connection *conn, void **state,
                       enum MHD_RequestTerminationCode why);
void http_on_log(void *unused, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* --- http_routes.c --- */

/* Split and decode x->target into path, segments and query; ERR_INVALID says what is
 * wrong with it. */
struct err http_target_parse(struct http_exchange *x) MUST_CHECK;

/* The route of x->req.method and the path, with x->req.param filled. NULL: none, and
 * then x->allow lists the methods of the path if it has any. */
const struct http_route *http_route_find(struct http_exchange *x, const struct http_route routes[],
                                         size_t n);

/* --- http_dispatch.c --- */

struct http_worker {
    const struct http_options *opt;
    struct db *db; /* NULL when the server has no database */
    struct http_client *client;
    struct arena *scratch; /* what a handler needs; reset after each request */
};

/* Run the route's handler with all that stands around it; then x->res is the answer. */
void http_dispatch(struct http_worker *w, struct http_exchange *x);

/* Answer with a problem document. */
void http_refuse(struct http_exchange *x, int status, const char *detail);

/* Answer /livez, /readyz or /metrics; false: the path is none of these. */
bool http_builtin(struct http_exchange *x);

#endif
