/* http_wire.c - libmicrohttpd's callbacks: from bytes to a request and back. They run on
 * the event thread, so nothing here may block. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "arena.h"
#include "http_internal.h"
#include "id.h"
#include "log.h"

enum {
    MAX_REQUEST_ID = 64,
    SWALLOW = 8, /* bodies' worth of excess that is read before hanging up */
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* --- reading a request ---------------------------------------------------- */

const char *http_header(const struct http_request *req, const char *name)
{
    const struct http_exchange *x = req->impl;

    return MHD_lookup_connection_value(x->conn, MHD_HEADER_KIND, name);
}

/* The client's request id when it is fit for a log, else one of our own. */
static const char *request_id(struct http_exchange *x)
{
    static const char sane[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *id = http_header(&x->req, "X-Request-ID");
    size_t len = id ? strlen(id) : 0;

    return len > 0 && len <= MAX_REQUEST_ID && strspn(id, sane) == len ? id : id_new(x->arena);
}

static void find_route(struct http_server *s, struct http_exchange *x)
{
    struct err err = http_target_parse(x);

    if (err.code) {
        http_refuse(x, 400, err.msg);
        return;
    }
    if (http_builtin(x))
        return;
    x->route = http_route_find(x, s->opt.routes, s->opt.nroutes);
    if (x->route)
        x->metrics = &s->metrics[x->route - s->opt.routes];
    else if (x->allow)
        http_refuse(x, 405, arena_printf(x->arena, "this path takes %s", x->allow));
    else
        http_refuse(x, 404, "there is nothing at this path");
}

/* What two readers could take for different requests (RFC 9112, 6.3 and 11.2):
 * libmicrohttpd takes more than it should. */
static const char *const singletons[] = {
    MHD_HTTP_HEADER_HOST,
    MHD_HTTP_HEADER_CONTENT_TYPE,
    MHD_HTTP_HEADER_AUTHORIZATION,
    "Idempotency-Key",
};

enum { HOST, SINGLETONS = sizeof(singletons) / sizeof(singletons[0]) };

struct framing {
    unsigned lengths, given[SINGLETONS];
    const char *fault; /* NULL: none */
};

static enum MHD_Result look_at_header(void *to, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct framing *f = to;

    (void)kind;
    if (strpbrk(name, " \t"))
        f->fault = "a header's name must be followed by its colon";
    for (size_t i = 0; i < SINGLETONS; i++)
        if (strcasecmp(name, singletons[i]) == 0 && ++f->given[i] > 1)
            f->fault = "a header that may be given once is given twice";
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
        f->lengths++;
    if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        f->lengths++;
        if (!value || strcasecmp(value, "chunked") != 0)
            f->fault = "the only transfer encoding is chunked";
    }
    return MHD_YES;
}

static const char *framing_fault(struct MHD_Connection *conn, const char *version)
{
    struct framing f = {0};

    MHD_get_connection_values(conn, MHD_HEADER_KIND, look_at_header, &f);
    if (f.lengths > 1)
        return "the length of the body is given more than once";
    if (f.given[HOST] == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0)
        return "there must be one Host header";
    return f.fault;
}

static void refuse_and_hang_up(struct http_exchange *x, int status, const char *detail)
{
    http_refuse(x, status, detail);
    x->hang_up = true;
}

/* The request's headers are here. */
static void begin(struct http_server *s, struct http_exchange *x, const char *method,
                  const char *version)
{
    const char *fault = framing_fault(x->conn, version), *len = NULL;

    x->begun = true;
    x->metrics = &s->metrics[s->opt.nroutes];
    x->req.method = method;
    x->request_id = request_id(x);
    x->traceparent = http_header(&x->req, "traceparent");
    x->authorization = http_header(&x->req, MHD_HTTP_HEADER_AUTHORIZATION);
    x->idempotency_key = http_header(&x->req, "Idempotency-Key");
    find_route(s, x);
    len = http_header(&x->req, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (len)
        x->body_cap = strtoull(len, NULL, 10);
    if (fault)
        refuse_and_hang_up(x, 400, fault);
    else if (x->body_cap > s->opt.max_body)
        refuse_and_hang_up(x, 413,
                           arena_printf(x->arena, "a body is at most %zu bytes", s->opt.max_body));
    else if (!x->answered)
        x->body = arena_alloc(x->arena, x->body_cap + 1);
}

static void grow_body(struct http_exchange *x, size_t need, size_t max)
{
    size_t cap = need < max / 2 ? need * 2 : max;
    char *grown = arena_alloc(x->arena, cap + 1);

    memcpy(grown, x->body, x->body_len);
    x->body = grown;
    x->body_cap = cap;
}

/* False: hang up. A body that is not wanted is read to its end so that the client is
 * still listening when it gets its answer, but not for ever. */
static bool take_body(struct http_exchange *x, const char *data, size_t len, size_t max)
{
    if (!x->answered && len > max - x->body_len)
        http_refuse(x, 413, arena_printf(x->arena, "a body is at most %zu bytes", max));
    if (x->answered) {
        x->discarded += len;
        return x->discarded <= max * SWALLOW;
    }
    if (x->body_len + len > x->body_cap)
        grow_body(x, x->body_len + len, max);
    memcpy(x->body + x->body_len, data, len);
    x->body_len += len;
    return true; /* arena_alloc() put the NUL */
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t len = strlen(json);

    return type && strncasecmp(type, json, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

static bool takes_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* --- answering ------------------------------------------------------------ */

static void add_headers(struct http_server *s, struct http_exchange *x, struct MHD_Response *r)
{
    const struct {
        const char *name, *value;
    } headers[] = {
        {"Content-Type",        x->res.body ? x->content_type : NULL},
        {"X-Request-ID",        x->request_id                       },
        {"Cache-Control",       "no-store"                          },
        {"Location",            x->res.location                     },
        {"Allow",               x->allow                            },
        {"Retry-After",         x->retry_after                      },
        {"WWW-Authenticate",    x->authenticate                     },
        {"Idempotent-Replayed", x->replayed                         },
        {"Connection",          s->draining ? "close" : NULL        },
    };

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        if (headers[i].value)
            MHD_add_response_header(r, headers[i].name, headers[i].value);
}

static enum MHD_Result send_answer(struct http_server *s, struct http_exchange *x)
{
    const char *body = x->res.body ? x->res.body : "";
    int class = x->res.status / 100;
    struct MHD_Response *r;
    enum MHD_Result sent;

    if (!x->content_type)
        x->content_type = "application/json";
    metric_observe_us(x->metrics->seconds, now_us() - x->started_us);
    if (class < HTTP_STATUS_CLASSES && x->metrics->requests[class])
        metric_add(x->metrics->requests[class], 1);
    /* PERSISTENT: the body lives in the arena, which on_completed() frees. */
    r = MHD_create_response_from_buffer(strlen(body), (void *)(uintptr_t)body,
                                        MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    add_headers(s, x, r);
    sent = MHD_queue_response(x->conn, (unsigned)x->res.status, r);
    MHD_destroy_response(r);
    return sent;
}

/* The request is complete. */
static enum MHD_Result hand_over(struct http_server *s, struct http_exchange *x)
{
    x->req.body = x->body;
    x->req.body_len = x->body_len;
    if (x->body_len > 0 && takes_body(x->req.method) &&
        !is_json(http_header(&x->req, MHD_HTTP_HEADER_CONTENT_TYPE))) {
        http_refuse(x, 415, "a body must be application/json");
        return send_answer(s, x);
    }
    if (http_enqueue(s, x))
        return MHD_YES; /* and no look at 'x' from here */
    metric_add(s->rejected, 1);
    http_refuse(x, 503,
                s->draining ? "this instance is stopping" : "too many requests are waiting");
    x->retry_after = "1";
    return send_answer(s, x);
}

/* --- the callbacks -------------------------------------------------------- */

/* The request line is here, undecoded; what is returned becomes the request's state. */
void *http_on_target(void *server, const char *target, struct MHD_Connection *conn)
{
    struct arena *a = arena_new_small();
    struct http_exchange *x = arena_alloc(a, sizeof(*x));

    (void)server;
    x->arena = a;
    x->conn = conn;
    x->target = arena_strdup(a, target);
    x->req.impl = x;
    x->started_us = now_us();
    return x;
}

/* Called with the headers, then for each piece of body, then once more when the request
 * is complete, and again after a resume. An answer may be queued on any call that
 * carries no upload data; one queued before the body closes the connection. */
enum MHD_Result http_on_request(void *server, struct MHD_Connection *conn, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_len, void **state)
{
    struct http_server *s = server;
    struct http_exchange *x = *state;
    size_t len = *upload_len;

    (void)conn, (void)url;
    if (!x)
        return MHD_NO;
    if (!x->begun) {
        begin(s, x, method, version);
        return x->hang_up ? send_answer(s, x) : MHD_YES;
    }
    if (len > 0) {
        *upload_len = 0;
        return take_body(x, upload, len, s->opt.max_body) ? MHD_YES : MHD_NO;
    }
    return x->answered ? send_answer(s, x) : hand_over(s, x);
}

void http_on_completed(void *server, struct MHD_Connection *conn, void **state,
                       enum MHD_RequestTerminationCode why)
{
    struct http_exchange *x = *state;
    bool accepted = x && x->accepted;

    (void)conn, (void)why;
    *state = NULL;
    if (x)
        arena_free(x->arena); /* the exchange itself lives in it */
    if (accepted)
        http_finished(server);
}

/* What it says is about clients that hang up or talk nonsense. */
void http_on_log(void *unused, const char *fmt, va_list ap)
{
    char line[256];
    int len = vsnprintf(line, sizeof(line), fmt, ap);

    (void)unused;
    if (len > 0)
        log_debug("libmicrohttpd: %.*s", (int)strcspn(line, "\n"), line);
}
