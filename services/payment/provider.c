/* provider.c - the payment provider's API (tools/provider/README.md). */
#include "provider.h"

#include <string.h>

#include "arena.h"
#include "http_client.h"
#include "json_in.h"
#include "json_out.h"
#include "log.h"

static struct http_target *target;

void provider_init(const struct provider_options *opt)
{
    /* No retries here: the payment's row counts the attempts, and outlives us. */
    target = http_target_new(&(struct http_target_options){
        .name = "payment provider",
        .base_url = opt->url,
        .bearer = opt->key,
        .deadline_ms = opt->deadline_ms,
        .attempt_ms = opt->deadline_ms,
        .max_concurrent = opt->max_concurrent,
    });
}

void provider_close(void)
{
    http_target_free(target);
    target = NULL;
}

static struct payment_outcome known(enum payment_event e, const char *reason)
{
    return (struct payment_outcome){.known = true, .event = e, .reason = reason};
}

static struct payment_outcome unknown(bool sent)
{
    return (struct payment_outcome){.sent = sent, .reason = "provider_unavailable"};
}

/* An answer that this API does not have tells nothing about the money. */
static struct payment_outcome nonsense(const struct payment *p, const struct http_reply *reply)
{
    log_error("payment %s: the provider's answer (%d) makes no sense: %.200s", p->id, reply->status,
              reply->body);
    return unknown(true);
}

static struct err post(struct ctx *ctx, const struct payment *p, const char *path, const char *body,
                       struct http_reply *reply)
{
    const struct http_call call = {
        .method = "POST",
        .path = path,
        .body = body,
        .idempotency_key = p->id,
        .repeatable = true,
    };
    struct err err = http_call(ctx, target, &call, reply);

    if (err.code)
        log_warn("payment %s: %s", p->id, err.msg);
    return err;
}

/* While the breaker is open this call is refused like any other; then it is the probe, so
 * that an outage costs no payment an attempt. */
bool provider_is_up(struct ctx *ctx)
{
    struct http_reply reply;
    struct err err;

    if (!http_target_is_failing(target))
        return true;
    err = http_call(ctx, target, &(struct http_call){.method = "GET", .path = "/readyz"}, &reply);
    if (err.code || reply.status != 200)
        return false;
    log_info("the payment provider answers again");
    return true;
}

static const char *charge_body(struct ctx *ctx, const struct payment *p)
{
    struct json_out j = json_out_new(ctx->arena);

    json_out_open(&j, NULL, '{');
    json_out_int(&j, "amount", p->amount);
    json_out_str(&j, "currency", p->currency);
    json_out_str(&j, "method", p->method);
    json_out_str(&j, "reference", p->order_id);
    json_out_close(&j, '}');
    return json_out_text(&j);
}

struct payment_outcome provider_charge(struct ctx *ctx, const struct payment *p)
{
    struct http_reply reply;
    struct json_in in;
    const char *status, *reason;
    struct err err;

    err = post(ctx, p, "/v1/charges", charge_body(ctx, p), &reply);
    if (err.code)
        return unknown(reply.attempts > 0);
    if (reply.status == 400 || reply.status == 422)
        return known(PAYMENT_EXHAUSTED, "refused_by_provider");

    in = json_in_parse(ctx->arena, reply.body, reply.body_len);
    status = json_in_str(&in, "status", 1, PAYMENT_MAX_REASON);
    reason = json_in_str_or(&in, "reason", 1, PAYMENT_MAX_REASON, "declined");
    err = json_in_done(&in);
    if (err.code)
        return nonsense(p, &reply);
    if (reply.status == 201 && strcmp(status, "captured") == 0)
        return known(PAYMENT_CHARGED, NULL);
    if (reply.status == 402 && strcmp(status, "declined") == 0)
        return known(PAYMENT_DECLINED, reason);
    if (reply.status == 409 && strcmp(status, "cancelled") == 0)
        return known(PAYMENT_DECLINED, "cancelled_at_provider");
    return nonsense(p, &reply);
}

struct payment_outcome provider_undo(struct ctx *ctx, const struct payment *p)
{
    const char *path = arena_printf(ctx->arena, "/v1/charges/%s/cancel", p->id);
    struct payment_outcome out = known(PAYMENT_BLOCKED, NULL);
    struct http_reply reply;
    struct json_in in;
    const char *status;
    struct err err;

    err = post(ctx, p, path, NULL, &reply);
    if (err.code)
        return unknown(reply.attempts > 0);
    in = json_in_parse(ctx->arena, reply.body, reply.body_len);
    status = json_in_str(&in, "status", 1, PAYMENT_MAX_REASON);
    out.refunded = json_in_int(&in, "refunded", 0, p->amount);
    err = json_in_done(&in);
    if (err.code || reply.status != 200 || strcmp(status, "cancelled") != 0)
        return nonsense(p, &reply);
    if (out.refunded > 0)
        out.event = PAYMENT_RETURNED;
    return out;
}
