/* http_client.c - calls to other services: attempts, retries, budget, breaker, bulkhead. */
#include "http_client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <sodium.h>

#include "arena.h"
#include "breaker.h"
#include "clock.h"
#include "metrics.h"
#include "replicas.h"

enum {
    CONNECT_MS = 1000,
    BACKOFF_MS = 50, /* the first pause is at most this, each next one twice that */
    MAX_BACKOFF_MS = 1000,
    /* The retry budget, in tenths of a token: a call earns one, a retry costs ten. So
     * retries add at most a tenth to the load of a target that is down. */
    BUDGET_MAX = 100,
    RETRY_COST = 10,
    DEFAULT_MAX_BODY = 1024 * 1024,
};

/* What became of an attempt, and in the end of a call. */
enum outcome { ANSWERED, FAILED, BUSY, TIMED_OUT, UNREACHABLE, TOO_LARGE, OPEN, FULL, NOUTCOMES };

static const struct {
    const char *label;   /* of the metric */
    const char *message; /* after the target's name */
    bool retry;          /* another attempt may go better */
    bool failure;        /* counts against the breaker */
} outcomes[] = {
    [ANSWERED] = {"answered",    "answered",                           false, false},
    [FAILED] = {"failed",      "reports an internal error",          true,  true },
    [BUSY] = {"busy",        "is too busy",                        true,  false},
    [TIMED_OUT] = {"timeout",     "did not answer in time",             true,  true },
    [UNREACHABLE] = {"unreachable", "cannot be reached",                  true,  true },
    [TOO_LARGE] = {"too_large",   "gave an answer that is too large",   false, true },
    [OPEN] = {"open",        "is failing; calls to it are paused", false, false},
    [FULL] = {"full",        "has too many calls under way",       false, false},
};

struct http_client {
    CURL *easy; /* from the first call on; keeps its connections from call to call */
};

struct http_target {
    struct http_target_options opt;
    struct metric *calls[NOUTCOMES], *retries, *state;

    pthread_mutex_t lock; /* guards everything below */
    struct breaker breaker;
    struct replicas replicas;
    int concurrent;
    int budget; /* tenths of a token */
};

/* --- clients and targets -------------------------------------------------- */

static void curl_init(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
}

struct http_client *http_client_new(void)
{
    struct http_client *c = calloc(1, sizeof(*c));

    if (!c)
        abort();
    return c;
}

/* Most threads have a client and few make calls. */
static CURL *easy_of(struct http_client *c)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, curl_init);
    if (!c->easy)
        c->easy = curl_easy_init();
    if (!c->easy)
        abort();
    return c->easy;
}

void http_client_free(struct http_client *c)
{
    if (!c)
        return;
    curl_easy_cleanup(c->easy);
    free(c);
}

static char *copy(const char *s)
{
    char *s2 = s ? strdup(s) : NULL;

    if (s && !s2)
        abort();
    return s2;
}

static void target_metrics(struct http_target *t)
{
    char labels[256];

    for (enum outcome o = ANSWERED; o < NOUTCOMES; o++) {
        snprintf(labels, sizeof(labels), "target=\"%s\",outcome=\"%s\"", t->opt.name,
                 outcomes[o].label);
        t->calls[o] = metric_counter("waybill_client_requests_total", labels,
                                     "Calls to other services, by how they ended");
    }
    snprintf(labels, sizeof(labels), "target=\"%s\"", t->opt.name);
    t->retries = metric_counter("waybill_client_retries_total", labels, "Attempts after the first");
    t->state =
        metric_gauge("waybill_client_breaker_state", labels, "0: closed, 1: open, 2: half open");
}

struct http_target *http_target_new(const struct http_target_options *opt)
{
    struct http_target *t = calloc(1, sizeof(*t));

    if (!t)
        abort();
    t->opt = *opt;
    t->opt.name = copy(opt->name);
    t->opt.bearer = copy(opt->bearer);
    replicas_init(&t->replicas, opt->base_url);
    if (t->opt.max_body == 0)
        t->opt.max_body = DEFAULT_MAX_BODY;
    t->budget = BUDGET_MAX;
    pthread_mutex_init(&t->lock, NULL);
    target_metrics(t);
    return t;
}

void http_target_free(struct http_target *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free((char *)(uintptr_t)t->opt.name);
    replicas_free(&t->replicas);
    free((char *)(uintptr_t)t->opt.bearer);
    free(t);
}

/* --- what all threads share ----------------------------------------------- */

static bool bulkhead_enter(struct http_target *t)
{
    bool room;

    pthread_mutex_lock(&t->lock);
    room = t->concurrent < t->opt.max_concurrent;
    if (room) {
        t->concurrent++;
        if (t->budget < BUDGET_MAX)
            t->budget++;
    }
    pthread_mutex_unlock(&t->lock);
    return room;
}

static void bulkhead_leave(struct http_target *t)
{
    pthread_mutex_lock(&t->lock);
    t->concurrent--;
    pthread_mutex_unlock(&t->lock);
}

static bool budget_spend(struct http_target *t)
{
    bool enough;

    pthread_mutex_lock(&t->lock);
    enough = t->budget >= RETRY_COST;
    if (enough)
        t->budget -= RETRY_COST;
    pthread_mutex_unlock(&t->lock);
    return enough;
}

/* Which instance to ask now; NULL: none. */
static struct replica *circuit_allows(struct http_target *t)
{
    struct replica *one = NULL;

    pthread_mutex_lock(&t->lock);
    if (breaker_allow(&t->breaker, clock_mono_ms()))
        one = replicas_choose(&t->replicas, clock_mono_ms());
    metric_set(t->state, t->breaker.state);
    pthread_mutex_unlock(&t->lock);
    return one;
}

static void circuit_record(struct http_target *t, struct replica *one, bool failed)
{
    pthread_mutex_lock(&t->lock);
    breaker_record(&t->breaker, clock_mono_ms(), failed);
    replicas_record(one, clock_mono_ms(), failed);
    metric_set(t->state, t->breaker.state);
    pthread_mutex_unlock(&t->lock);
}

bool http_target_is_failing(struct http_target *t)
{
    bool failing;

    pthread_mutex_lock(&t->lock);
    failing = t->breaker.state != BREAKER_CLOSED;
    pthread_mutex_unlock(&t->lock);
    return failing;
}

/* --- one attempt ---------------------------------------------------------- */

struct sink {
    struct arena *arena;
    char *text;
    size_t len, cap, max;
};

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
    struct sink *s = arg;
    size_t len = size * n;

    if (len > s->max - s->len)
        return 0; /* curl gives up with CURLE_WRITE_ERROR */
    if (s->len + len + 1 > s->cap) {
        char *grown = arena_alloc(s->arena, (s->len + len) * 2 + 1);

        if (s->len > 0)
            memcpy(grown, s->text, s->len);
        s->text = grown;
        s->cap = (s->len + len) * 2 + 1;
    }
    memcpy(s->text + s->len, data, len);
    s->len += len;
    s->text[s->len] = '\0';
    return len;
}

static struct curl_slist *add_header(struct curl_slist *list, struct arena *a, const char *name,
                                     const char *value)
{
    struct curl_slist *longer;

    if (!value)
        return list;
    longer = curl_slist_append(list, arena_printf(a, "%s: %s", name, value));
    if (!longer)
        abort();
    return longer;
}

static struct curl_slist *headers(struct ctx *ctx, const struct http_target *t,
                                  const struct http_call *call)
{
    struct arena *a = ctx->arena;
    struct curl_slist *list = NULL;

    list = add_header(list, a, "Accept", "application/json");
    list = add_header(list, a, "Content-Type", call->body ? "application/json" : NULL);
    list = add_header(list, a, "traceparent",
                      ctx->trace.trace_id[0] ? trace_format(a, &ctx->trace) : NULL);
    list = add_header(list, a, "X-Request-ID", ctx->request_id);
    list = add_header(list, a, "Idempotency-Key", call->idempotency_key);
    if (t->opt.bearer)
        list = add_header(list, a, "Authorization", arena_printf(a, "Bearer %s", t->opt.bearer));
    return list;
}

static void set_options(CURL *easy, struct ctx *ctx, const char *base_url,
                        const struct http_call *call, int64_t timeout_ms)
{
    /* Every call sets all it needs, so that no option of the last call is left. What
     * stays after a reset is the cache of connections. */
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, arena_printf(ctx->arena, "%s%s", base_url, call->path));
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Names are asked for anew: a restarted container may have another address. */
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "waybill");
    if (call->body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(call->body));
    } else if (strcmp(call->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
    }
    if (strcmp(call->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
}

static enum outcome outcome_of(CURLcode code, const struct http_reply *reply)
{
    switch (code) {
    case CURLE_OK: break;
    case CURLE_OPERATION_TIMEDOUT: return TIMED_OUT;
    case CURLE_WRITE_ERROR: return TOO_LARGE;
    default: return UNREACHABLE;
    }
    if (reply->status >= 500)
        return FAILED;
    return reply->status == 429 ? BUSY : ANSWERED;
}

static enum outcome attempt(struct ctx *ctx, struct http_target *t, const char *base_url,
                            const struct http_call *call, int64_t timeout_ms,
                            struct http_reply *reply)
{
    struct sink sink = {.arena = ctx->arena, .text = NULL, .max = t->opt.max_body};
    struct curl_slist *list = headers(ctx, t, call);
    CURL *easy = easy_of(ctx->http);
    long status = 0;
    CURLcode code;

    set_options(easy, ctx, base_url, call, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
    code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(list);
    *reply = (struct http_reply){
        .status = (int)status, .body = sink.text ? sink.text : "", .body_len = sink.len};
    return outcome_of(code, reply);
}

/* --- a call --------------------------------------------------------------- */

/* Full jitter: anything from nothing to the bound, so that callers spread out. */
static int64_t backoff_ms(int retry)
{
    int64_t bound = BACKOFF_MS;

    for (int i = 0; i < retry && bound < MAX_BACKOFF_MS; i++)
        bound *= 2;
    return randombytes_uniform((uint32_t)(bound < MAX_BACKOFF_MS ? bound : MAX_BACKOFF_MS) + 1);
}

static enum outcome attempts(struct ctx *ctx, struct http_target *t, const struct http_call *call,
                             struct http_reply *reply)
{
    int64_t deadline = clock_mono_ms() + t->opt.deadline_ms;
    enum outcome last = OPEN;

    for (int retry = 0;; retry++) {
        int64_t left = deadline - clock_mono_ms(), wait;
        struct replica *one = left > 0 ? circuit_allows(t) : NULL;

        if (!one)
            return last;
        if (left > t->opt.attempt_ms)
            left = t->opt.attempt_ms;
        last = attempt(ctx, t, one->url, call, left, reply);
        reply->attempts = retry + 1;
        circuit_record(t, one, outcomes[last].failure);
        wait = backoff_ms(retry);
        if (!outcomes[last].retry || !call->repeatable || retry >= t->opt.retries ||
            clock_mono_ms() + wait >= deadline || !budget_spend(t))
            return last;
        metric_add(t->retries, 1);
        nanosleep(&(struct timespec){wait / 1000, wait % 1000 * 1000000}, NULL);
    }
}

struct err http_call(struct ctx *ctx, struct http_target *t, const struct http_call *call,
                     struct http_reply *reply)
{
    enum outcome o = FULL;

    *reply = (struct http_reply){.body = ""};
    if (bulkhead_enter(t)) {
        o = attempts(ctx, t, call, reply);
        bulkhead_leave(t);
    }
    metric_add(t->calls[o], 1);
    if (o == ANSWERED)
        return OK;
    return err_new(ctx->arena, ERR_UNAVAILABLE, "%s %s", t->opt.name, outcomes[o].message);
}
