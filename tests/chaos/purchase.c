/* purchase.c - one purchase: what a customer wants, how it insists, what it was told. */
#include "purchase.h"

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "findings.h"

enum { TRIES = 8 };

enum request_kind { PLACE, REPEAT, CANCEL, LOOK, BROWSE, LOG_IN, REQUESTS };
const char *const purchase_requests[] = {
    "order", "order again, same key", "cancel", "look", "browse", "log in", NULL};
static _Atomic int64_t answers[REQUESTS][PURCHASE_STATUSES];

void purchase_sleep(int64_t ms)
{
    if (ms > 0)
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void count(enum request_kind kind, const struct reply *r)
{
    atomic_fetch_add(&answers[kind][r->status < PURCHASE_STATUSES ? r->status : 0], 1);
}

void purchase_forget_answers(void)
{
    for (int r = 0; r < REQUESTS; r++)
        for (int status = 0; status < PURCHASE_STATUSES; status++)
            atomic_store(&answers[r][status], 0);
}

int64_t purchase_answers(int request, int status)
{
    return atomic_load(&answers[request][status]);
}

static struct reply ask(const struct purchase *p, enum request_kind kind, const char *more)
{
    const bool order = kind == PLACE || kind == REPEAT;
    const char *path = order ? "" : text("/%s%s", p->id, more);
    struct reply r = client_send(&(struct request){
        .method = kind == LOOK ? "GET" : "POST",
        .url = text("/api/v1/orders%s", path),
        .token = p->token,
        .key = order ? p->key : NULL,
        .body = order ? p->body : NULL,
    });

    count(kind, &r);
    return r;
}

static const char *member(const struct reply *r, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(r->json, name));

    return value ? value : "";
}

/* Nothing, or "later", or "somebody is at it": then one tries again. */
static bool is_passing(int status)
{
    return status == 0 || status == 409 || status == 429 || status >= 502;
}

static bool learn_id(struct purchase *p, const struct reply *r)
{
    const char *id = member(r, "id");

    if (strlen(id) != UUID_LEN)
        finding("key %s: an order without an id: %s", p->key, r->body);
    else if (!*p->id)
        memcpy(p->id, id, UUID_LEN + 1);
    else if (strcmp(p->id, id) != 0)
        finding("key %s made two orders: %s and %s", p->key, p->id, id);
    return true;
}

/* True when there is nothing more to be done about it. */
static bool place(struct purchase *p, enum request_kind kind)
{
    struct reply r = ask(p, kind, "");
    bool clear = !is_passing(r.status);

    if (r.status == 201)
        clear = learn_id(p, &r);
    else if (clear)
        finding("key %s: status %d: %s", p->key, r.status, r.body);
    if (r.status == 201 && !p->accepted_ms)
        p->accepted_ms = clock_mono_ms();
    reply_free(&r);
    return clear;
}

/* SHIPPED and CANCELLED are for ever: what was heard once must be heard again. */
static void hear_status(struct purchase *p, const char *status)
{
    const bool shipped = strcmp(status, "SHIPPED") == 0;

    if (!shipped && strcmp(status, "CANCELLED") != 0) {
        if (p->heard_over)
            finding("order %s was over and is %s", p->id, status);
        return;
    }
    if (p->heard_over && p->heard_shipped != shipped)
        finding("order %s was %s and is %s", p->id, p->heard_shipped ? "SHIPPED" : "CANCELLED",
                status);
    if (shipped && !p->kind->may_ship)
        finding("order %s (%s) was shipped and must not be", p->id, p->kind->method);
    p->heard_over = true;
    p->heard_shipped = shipped;
}

bool purchase_look(struct purchase *p)
{
    struct reply r = ask(p, LOOK, "");
    bool clear = !is_passing(r.status);

    if (r.status == 200)
        hear_status(p, member(&r, "status"));
    else if (clear)
        finding("order %s, accepted, but: status %d: %s", p->id, r.status, r.body);
    reply_free(&r);
    return clear;
}

/* What the other services have to say about it; not insisted on. */
static void browse(const struct purchase *p)
{
    const char *const pages[] = {
        "/api/v1/products",
        text("/api/v1/payments?order_id=%s", p->id),
        text("/api/v1/notifications?order_id=%s", p->id),
    };

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct reply r =
            client_send(&(struct request){.method = "GET", .url = pages[i], .token = p->token});

        count(BROWSE, &r);
        if (r.status != 200 && !is_passing(r.status))
            finding("GET %s: status %d: %s", pages[i], r.status, r.body);
        reply_free(&r);
    }
}

/* 409 says "shipped already" here; in doubt one may ask twice. */
static bool cancel(struct purchase *p)
{
    struct reply r = ask(p, CANCEL, "/cancel");
    bool clear = r.status == 409 || !is_passing(r.status);

    if (r.status == 409)
        hear_status(p, "SHIPPED");
    else if (r.status == 200 || r.status == 202)
        hear_status(p, member(&r, "status"));
    else if (clear)
        finding("cancel of %s: status %d: %s", p->id, r.status, r.body);
    reply_free(&r);
    return clear;
}

/* Once; without a clear answer the former token will do. */
static void log_in_again(struct purchase *p)
{
    struct reply r = client_send(&(struct request){
        .url = "/api/v1/sessions",
        .body = text("{\"email\":\"%s\",\"password\":\"correct horse\"}", p->customer->email)});

    count(LOG_IN, &r);
    if (r.status == 201)
        p->token = text("%s", member(&r, "access_token"));
    else if (!is_passing(r.status))
        finding("log-in of %s: status %d: %s", p->customer->email, r.status, r.body);
    reply_free(&r);
}

static bool insist(struct purchase *p)
{
    for (int i = 0; i < TRIES; i++) {
        if (place(p, PLACE))
            return true;
        purchase_sleep(INT64_C(100) << (i < 5 ? i : 5));
    }
    return false;
}

void purchase_make(struct purchase *p)
{
    if (p->logs_in)
        log_in_again(p);
    if (!insist(p))
        return;
    if (p->repeats)
        place(p, REPEAT);
    if (p->cancel_after_ms >= 0 && *p->id) {
        purchase_sleep(p->cancel_after_ms);
        for (int i = 0; i < TRIES && !cancel(p); i++)
            purchase_sleep(200);
    }
    if (p->looks && *p->id) {
        purchase_look(p);
        browse(p);
    }
}

bool purchase_place(struct purchase *p)
{
    return place(p, PLACE);
}
