/* wire.c - payments as JSON. */
#include "wire.h"

/* Members that are empty until something happens are null until then. */
static void optional(struct json_out *j, const char *key, const char *value)
{
    json_out_str(j, key, *value ? value : NULL);
}

void wire_payment(struct json_out *j, const char *key, const struct payment *p)
{
    json_out_open(j, key, '{');
    json_out_str(j, "id", p->id);
    json_out_str(j, "order_id", p->order_id);
    json_out_str(j, "user_id", p->user_id);
    json_out_int(j, "amount", p->amount);
    json_out_int(j, "refunded", p->refunded);
    json_out_str(j, "currency", p->currency);
    optional(j, "method", p->method);
    json_out_str(j, "state", payment_state_name(p->state));
    optional(j, "reason", p->reason);
    json_out_str(j, "created_at", p->created_at);
    json_out_str(j, "updated_at", p->updated_at);
    json_out_close(j, '}');
}

const char *wire_announcement(struct ctx *ctx, const struct payment *p)
{
    struct json_out j = json_out_new(ctx->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "order_id", p->order_id);
    json_out_str(&j, "payment_id", p->id);
    if (p->state == PAYMENT_FAILED || p->state == PAYMENT_VOID) {
        json_out_str(&j, "reason", *p->reason ? p->reason : "cancelled");
    } else {
        json_out_int(&j, "amount", p->state == PAYMENT_REFUNDED ? p->refunded : p->amount);
        json_out_str(&j, "currency", p->currency);
    }
    json_out_close(&j, '}');
    return json_out_text(&j);
}
