/* api.c - the sandbox's HTTP interface. */
#include "api.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "json_in.h"
#include "json_out.h"

static struct api_options api;

void api_init(const struct api_options *opt)
{
    api = *opt;
}

/* --- who calls, about which charge ------------------------------------------------ */

/* Takes as long for a wrong key as for the right one. */
static bool same_secret(const char *a, const char *b)
{
    const size_t len = strlen(b);
    unsigned char differ = strlen(a) != len;

    for (size_t i = 0; *a && i < len; i++)
        differ |= (unsigned char)(a[i] ^ b[i]);
    return !differ;
}

static struct err authorize(const struct http_request *req)
{
    static const char scheme[] = "Bearer ";
    const char *given = http_header(req, "Authorization");

    if (given && strncmp(given, scheme, strlen(scheme)) == 0 &&
        same_secret(given + strlen(scheme), api.key))
        return OK;
    return (struct err){ERR_UNAUTHENTICATED, "this needs Authorization: Bearer and your key"};
}

static struct err check_key(const char *key)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = key ? strlen(key) : 0;

    if (len >= 1 && len <= LEDGER_MAX_KEY && strspn(key, alphabet) == len)
        return OK;
    return (struct err){ERR_INVALID,
                        "the Idempotency-Key must be 1 to 64 of A-Z, a-z, 0-9, ., _ and -"};
}

static struct err open_request(const struct http_request *req, const char *key)
{
    struct err err = authorize(req);

    return err.code ? err : check_key(key);
}

/* --- answers ---------------------------------------------------------------------- */

static void reply_charge(struct ctx *ctx, const struct charge *c, struct http_response *res)
{
    static const int statuses[] = {
        [CHARGE_CAPTURED] = 201,
        [CHARGE_DECLINED] = 402,
        [CHARGE_CANCELLED] = 409,
    };
    struct json_out j = json_out_new(ctx->arena);

    json_out_open(&j, NULL, '{');
    if (c->status != CHARGE_CANCELLED)
        json_out_str(&j, "id", c->id);
    json_out_str(&j, "status", charge_status_name(c->status));
    if (c->status == CHARGE_DECLINED)
        json_out_str(&j, "reason", c->method->declined);
    json_out_close(&j, '}');
    res->status = statuses[c->status];
    res->body = json_out_text(&j);
}

static void wait_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&left, &left) != 0)
        ;
}

/* --- charges ------------------------------------------------------------------------ */

static struct err decode_charge(struct ctx *ctx, const struct http_request *req, struct charge *c)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    const char *currency = json_in_str(&in, "currency", 3, 3);
    const char *method = json_in_str(&in, "method", 1, LEDGER_MAX_METHOD);
    const char *reference = json_in_str(&in, "reference", 1, LEDGER_MAX_REFERENCE);
    struct err err;

    c->amount = json_in_int(&in, "amount", 0, LEDGER_MAX_AMOUNT);
    if (strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != strlen(currency))
        json_in_refuse(&in, "currency", "must be three capital letters");
    err = json_in_done_strict(&in);
    if (err.code)
        return err;
    c->method = method_find(method);
    if (!c->method)
        return err_new(ctx->arena, ERR_UNPROCESSABLE, "there is no payment method %s", method);
    snprintf(c->currency, sizeof(c->currency), "%s", currency);
    snprintf(c->reference, sizeof(c->reference), "%s", reference);
    return OK;
}

/* POST /v1/charges */
static struct err post_charge(struct ctx *ctx, const struct http_request *req,
                              struct http_response *res)
{
    const char *key = http_header(req, "Idempotency-Key");
    struct charge asked = {.status = CHARGE_OPEN}, c;
    struct err err;
    bool first;

    err = open_request(req, key);
    if (err.code)
        return err;
    err = decode_charge(ctx, req, &asked);
    if (err.code)
        return err;
    snprintf(asked.key, sizeof(asked.key), "%s", key);
    err = ledger_charge(api.ledger, ctx->arena, &asked, &c, &first);
    if (err.code)
        return err;
    if (first && c.method->slow)
        wait_ms(api.slow_ms);
    reply_charge(ctx, &c, res);
    return OK;
}

/* POST /v1/charges/{key}/cancel */
static struct err post_cancel(struct ctx *ctx, const struct http_request *req,
                              struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct charge c;
    struct err err;

    err = open_request(req, req->param[0]);
    if (err.code)
        return err;
    err = ledger_cancel(api.ledger, ctx->arena, req->param[0], &c);
    if (err.code)
        return err;
    json_out_open(&j, NULL, '{');
    json_out_str(&j, "status", charge_status_name(c.status));
    json_out_int(&j, "refunded", c.refunded);
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

/* GET /v1/charges/{key} */
static struct err get_charge(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);
    struct charge c;
    struct err err;

    err = open_request(req, req->param[0]);
    if (err.code)
        return err;
    err = ledger_find(api.ledger, req->param[0], &c);
    if (err.code)
        return err;
    json_out_open(&j, NULL, '{');
    json_out_str(&j, "key", c.key);
    json_out_str(&j, "id", *c.id ? c.id : NULL);
    json_out_str(&j, "status", charge_status_name(c.status));
    json_out_int(&j, "amount", c.amount);
    json_out_str(&j, "currency", *c.currency ? c.currency : NULL);
    json_out_str(&j, "method", c.method ? c.method->name : NULL);
    json_out_str(&j, "reference", *c.reference ? c.reference : NULL);
    json_out_int(&j, "captured", c.captured);
    json_out_int(&j, "refunded", c.refunded);
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

static void write_total(struct json_out *j, const struct ledger_total *t)
{
    json_out_int(j, "charges", t->charges);
    json_out_int(j, "captured", t->captured);
    json_out_int(j, "refunded", t->refunded);
}

/* GET /v1/ledger   over all currencies, which is of use where there is one, and for each */
static struct err get_ledger(struct ctx *ctx, const struct http_request *req,
                             struct http_response *res)
{
    struct ledger_total totals[LEDGER_MAX_CURRENCIES], all = {.charges = 0};
    struct json_out j = json_out_new(ctx->arena);
    struct err err = authorize(req);
    size_t n;

    if (err.code)
        return err;
    n = ledger_totals(api.ledger, totals);
    json_out_open(&j, NULL, '{');
    json_out_open(&j, "items", '[');
    for (size_t i = 0; i < n; i++) {
        json_out_open(&j, NULL, '{');
        json_out_str(&j, "currency", totals[i].currency);
        write_total(&j, &totals[i]);
        json_out_close(&j, '}');
        all.charges += totals[i].charges;
        all.captured += totals[i].captured;
        all.refunded += totals[i].refunded;
    }
    json_out_close(&j, ']');
    write_total(&j, &all);
    json_out_int(&j, "charged_twice", ledger_charged_twice(api.ledger));
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

const struct http_route api_routes[] = {
    {"POST", "/v1/charges",          HTTP_PUBLIC, DB_READ, false, post_charge},
    {"GET",  "/v1/charges/*",        HTTP_PUBLIC, DB_READ, false, get_charge },
    {"POST", "/v1/charges/*/cancel", HTTP_PUBLIC, DB_READ, false, post_cancel},
    {"GET",  "/v1/ledger",           HTTP_PUBLIC, DB_READ, false, get_ledger },
};
const size_t api_nroutes = sizeof(api_routes) / sizeof(api_routes[0]);
