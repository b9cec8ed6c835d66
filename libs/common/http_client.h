/* http_client.h - calls to other services (libcurl), made to fail well.
 *
 * A target is a remote service, shared by all threads of the process: its deadline,
 * retries (exponential, full jitter) paid from a retry budget (ten at once, and then one
 * for every ten calls), a circuit breaker (breaker.h) and a bulkhead (no more than so
 * many calls at once). Its instances are asked in turn, past those that failed lately
 * (replicas.h), so that a retry goes to another one; all else is about the service as a
 * whole. A client is one thread's set of connections.
 *
 * A call carries the context's traceparent and X-Request-ID. Redirects are answers like
 * any other; the environment's proxies are not used. */
#ifndef COMMON_HTTP_CLIENT_H
#define COMMON_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

struct http_client; /* belongs to one thread; see ctx.http */
struct http_target;

struct http_target_options {
    const char *name;     /* in errors, logs and metrics: "inventory" */
    const char *base_url; /* "http://127.0.0.1:8003"; of several instances with a comma between */
    const char *bearer;   /* sent as Authorization: Bearer, or NULL */
    int deadline_ms;      /* for one call with all its retries */
    int attempt_ms;       /* for one attempt */
    int retries;          /* attempts beyond the first, for calls that may be repeated */
    int max_concurrent;   /* the bulkhead */
    size_t max_body;      /* of an answer: 1 MiB when 0 */
};

struct http_call {
    const char *method, *path;   /* path: with the query, escaped */
    const char *body;            /* JSON, or NULL */
    const char *idempotency_key; /* or NULL */
    bool repeatable;             /* safe, or made idempotent by its key */
};

struct http_reply {
    int status;
    const char *body; /* NUL-terminated, in the unit's arena */
    size_t body_len;
    int attempts; /* how often it was sent; 0: breaker or bulkhead refused, so surely not */
};

struct http_client *http_client_new(void);
void http_client_free(struct http_client *c); /* NULL is fine */

/* Copies the options. Free it when no call is under way; NULL is fine. */
struct http_target *http_target_new(const struct http_target_options *opt);
void http_target_free(struct http_target *t);

/* OK: the target answered, with a status below 500 other than 429. ERR_UNAVAILABLE:
 * no answer in time, 5xx or 429 to the last attempt, breaker open, bulkhead full; the
 * message names the target and is fit for the caller of our own API. */
struct err http_call(struct ctx *ctx, struct http_target *t, const struct http_call *call,
                     struct http_reply *reply) MUST_CHECK;

/* Is the breaker open or half open? Until a call gets through, none should be planned. */
bool http_target_is_failing(struct http_target *t);

#endif
