/* http.h - an HTTP/1.1 JSON server: routes, handlers, limits, graceful stop.
 *
 * An event thread (libmicrohttpd) only moves bytes. A complete request goes to
 * a fixed set of worker threads, each with its own database connection, so handlers
 * may block and share nothing. Beyond the queue's limit: 503 at once; and 503 in place
 * of work to whoever has waited in it for too long.
 *
 * The server answers by itself: /livez, /readyz, /metrics (by the event thread, so
 * they never queue); HEAD like GET; 404, 405 (with Allow), 413, 415 (a body is JSON),
 * 400 for a request target that cannot be decoded, and for framing that two readers could
 * take for different requests; 401 and 403 by the route's
 * 'access'; and it runs Idempotency-Key (idempotency.h), which clients may send. Every
 * error is a problem document (RFC 9457, problem.h) but for what libmicrohttpd says to
 * what is no HTTP or has more than about 16 KiB of headers (431). X-Request-ID is kept when it
 * is 1 to 64 of [A-Za-z0-9._-] and made otherwise; it is part of each answer. */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth.h"
#include "ctx.h"
#include "db.h"
#include "err.h"

enum { HTTP_MAX_PATH_PARAMS = 2 };

struct http_request {
    const char *method, *path;
    const char *param[HTTP_MAX_PATH_PARAMS]; /* one for each '*' of the route, decoded */
    const char *body;                        /* NUL-terminated, "" when there is none */
    size_t body_len;
    struct principal caller;
    const void *impl; /* the connection, for the accessors below */
};

struct http_response {
    int status;           /* 200 unless the handler says otherwise */
    const char *body;     /* JSON, in the unit's arena or a literal; NULL for none */
    const char *location; /* of what was created, or NULL */
};

/* The decoded value of ?name=, the first if there are several, or NULL. */
const char *http_query(const struct http_request *req, const char *name);

/* The request's header of this name in any case, or NULL. Seldom needed: the server has
 * dealt with tokens, keys, ids and traces. */
const char *http_header(const struct http_request *req, const char *name);

typedef struct err http_handler(struct ctx *ctx, const struct http_request *req,
                                struct http_response *res);

enum http_access { HTTP_PUBLIC, HTTP_USER, HTTP_ADMIN, HTTP_INTERNAL };

/* HTTP_USER: any valid token; HTTP_ADMIN: one with that role; HTTP_INTERNAL: for other
 * services, on a path under /internal, which the gateway never routes. A handler has a
 * caller only with the first two. The first route that fits is taken: list "/users/me"
 * before "/users/" and '*'. */
struct http_route {
    const char *method, *pattern; /* a '*' stands for one path segment */
    enum http_access access;
    enum db_mode unit; /* DB_WRITE: committed when the handler returns OK */
    bool idempotent;   /* takes an Idempotency-Key */
    http_handler *handler;
};

/* What is pointed to must stay valid until http_stop(). */
struct http_options {
    const char *address; /* numeric */
    uint16_t port;       /* 0 picks a free one */
    unsigned workers;
    unsigned queue_limit;
    int wait_ms; /* in the queue; beyond: 503 and no work, its client is about to give up. 0: any */
    unsigned max_connections;
    unsigned idle_timeout_s;
    size_t max_body;
    struct db_options db;    /* url NULL: handlers have no database, ctx->db is NULL */
    const struct auth *auth; /* NULL: no route may need a token */
    const struct http_route *routes;
    size_t nroutes;
};

struct http_server;

/* ERR_UNAVAILABLE: the port is taken; ERR_INVALID: no such address. */
struct err http_start(struct arena *a, const struct http_options *opt,
                      struct http_server **out) MUST_CHECK;
uint16_t http_port(const struct http_server *s);

/* Answer what came before, refuse new connections, stop. Connections that are kept open get
 * a moment for the request that may be on its way. After 10 s what still runs is left to the
 * end of the process. NULL is fine. */
void http_stop(struct http_server *s);

#endif
