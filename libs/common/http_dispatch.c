/* http_dispatch.c - from a route to an answer: who calls, the unit of work around the
 * handler, the Idempotency-Key, and errors as problem documents. */
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "health.h"
#include "http_internal.h"
#include "idempotency.h"
#include "log.h"
#include "problem.h"

#define JSON    "application/json"
#define PROBLEM "application/problem+json"
#define METRICS "text/plain; version=0.0.4; charset=utf-8"

void http_refuse(struct http_exchange *x, int status, const char *detail)
{
    x->res = (struct http_response){
        .status = status,
        .body = problem_body(x->arena, status, detail, x->req.path, x->request_id),
    };
    x->content_type = PROBLEM;
    x->answered = true;
    if (status == 503)
        x->retry_after = "2";
    if (status == 401 && !x->authenticate)
        x->authenticate = "Bearer";
}

/* The one place where a failed request is logged. */
static void refuse_err(struct http_exchange *x, struct err err)
{
    const char *detail = err.msg;

    if (err.code == ERR_INTERNAL) {
        log_error("%s %s failed: %s", x->req.method, x->req.path, err.msg);
        detail = "something went wrong here; it was logged under this request_id";
    } else if (err.code == ERR_UNAVAILABLE) {
        log_warn("%s %s put off: %s", x->req.method, x->req.path, err.msg);
    }
    http_refuse(x, problem_status(err.code), detail);
}

/* --- access --------------------------------------------------------------- */

static const char *bearer_token(const char *authorization)
{
    static const char scheme[] = "Bearer ";

    if (!authorization || strncasecmp(authorization, scheme, strlen(scheme)) != 0)
        return NULL;
    return authorization + strlen(scheme) + strspn(authorization + strlen(scheme), " ");
}

static struct err authorize(const struct http_worker *w, struct http_exchange *x)
{
    enum http_access access = x->route->access;
    const char *token;
    struct err err;

    x->req.caller = (struct principal){.user_id = "", .role = ROLE_NONE};
    if (access == HTTP_PUBLIC || access == HTTP_INTERNAL)
        return OK;
    token = bearer_token(x->authorization);
    if (!token)
        return (struct err){ERR_UNAUTHENTICATED, "an access token is needed"};
    err = auth_verify(w->opt->auth, w->scratch, token, &x->req.caller);
    if (err.code) {
        x->authenticate = "Bearer error=\"invalid_token\""; /* RFC 6750, 3.1 */
        return err;
    }
    if (access == HTTP_ADMIN && x->req.caller.role != ROLE_ADMIN)
        return (struct err){ERR_FORBIDDEN, "only an administrator may do this"};
    return OK;
}

/* --- the unit of work ----------------------------------------------------- */

static bool succeeded(const struct http_response *res)
{
    return res->status >= 200 && res->status < 300;
}

/* The handler in its unit; with 'key' its answer is stored in the same transaction. */
static struct err run_unit(struct ctx *ctx, struct http_exchange *x, const struct idempotency *key)
{
    struct stored_answer answer;
    struct err err;

    if (ctx->db)
        db_unit_begin(ctx, x->route->unit);
    err = x->route->handler(ctx, &x->req, &x->res);
    answer = (struct stored_answer){x->res.status, x->res.body, x->res.location};
    if (!err.code && key && succeeded(&x->res))
        err = idempotency_store(ctx, key, &answer);
    if (!ctx->db)
        return err;
    if (!err.code)
        return db_unit_commit(ctx);
    db_unit_rollback(ctx);
    return err;
}

/* Repeat the answer that was given already, if any. */
static struct err replay(struct ctx *ctx, struct http_exchange *x, const struct idempotency *key,
                         bool *replayed)
{
    struct stored_answer stored;
    struct err err = idempotency_find(ctx, key, &stored);

    *replayed = !err.code && stored.status != 0;
    if (!*replayed)
        return err;
    x->res = (struct http_response){
        .status = stored.status, .body = stored.body, .location = stored.location};
    x->replayed = "true";
    return OK;
}

static struct err run_once(struct ctx *ctx, struct http_exchange *x)
{
    struct idempotency key;
    struct err err, why;
    bool replayed = false;

    err = idempotency_key(&key, x->req.caller.user_id, x->idempotency_key, x->req.method,
                          x->req.path, x->req.body, x->req.body_len);
    if (!err.code)
        err = replay(ctx, x, &key, &replayed);
    if (err.code || replayed)
        return err;
    why = run_unit(ctx, x, &key);
    if (why.code != ERR_CONFLICT)
        return why;
    /* Perhaps with its twin, a repetition that ran at the same time and was faster. */
    err = replay(ctx, x, &key, &replayed);
    return err.code || replayed ? err : why;
}

static struct err run(struct ctx *ctx, struct http_exchange *x)
{
    x->res = (struct http_response){.status = 200};
    if (!x->route->idempotent || !x->idempotency_key || !ctx->db)
        return run_unit(ctx, x, NULL);
    return run_once(ctx, x);
}

/* Out of the worker's memory: an answer may wait long for its client to read it, and what
 * it was made of (rows, copies of a growing text) is several times as large. */
static void keep_answer(struct http_exchange *x)
{
    if (x->res.body)
        x->res.body = arena_strdup(x->arena, x->res.body);
    if (x->res.location)
        x->res.location = arena_strdup(x->arena, x->res.location);
}

void http_dispatch(struct http_worker *w, struct http_exchange *x)
{
    struct ctx ctx = {
        .arena = w->scratch,
        .db = w->db,
        .http = w->client,
        .trace = trace_continue(x->traceparent),
        .request_id = x->request_id,
    };
    struct err err;

    log_context(&ctx);
    err = authorize(w, x);
    if (!err.code)
        err = run(&ctx, x);
    if (err.code)
        refuse_err(x, err);
    else
        keep_answer(x);
    x->answered = true;
    log_debug("%s %s answered %d", x->req.method, x->req.path, x->res.status);
    log_context(NULL);
}

/* --- what the server answers by itself ------------------------------------ */

static void answer_livez(struct http_exchange *x)
{
    x->res = (struct http_response){.status = 200, .body = "{\"status\":\"alive\"}"};
}

static void answer_readyz(struct http_exchange *x)
{
    bool ready;
    const char *report = health_report(x->arena, &ready);

    x->res = (struct http_response){.status = ready ? 200 : 503, .body = report};
}

static void answer_metrics(struct http_exchange *x)
{
    x->res = (struct http_response){.status = 200, .body = metrics_text(x->arena)};
    x->content_type = METRICS;
}

bool http_builtin(struct http_exchange *x)
{
    static const struct {
        const char *path;
        void (*answer)(struct http_exchange *x);
    } builtins[] = {
        {"/livez",   answer_livez  },
        {"/readyz",  answer_readyz },
        {"/metrics", answer_metrics},
    };

    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcmp(x->req.path, builtins[i].path) != 0)
            continue;
        if (strcmp(x->req.method, "GET") == 0 || strcmp(x->req.method, "HEAD") == 0) {
            builtins[i].answer(x);
        } else {
            x->allow = "GET, HEAD";
            http_refuse(x, 405, "this path takes GET and HEAD");
        }
        x->answered = true;
        return true;
    }
    return false;
}
