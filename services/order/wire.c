/* wire.c - orders as JSON. */
#include "wire.h"

static void lines(struct json_out *j, const struct order *o)
{
    json_out_open(j, "lines", '[');
    for (size_t i = 0; i < o->nlines; i++) {
        const struct order_line *l = &o->lines[i];

        json_out_open(j, NULL, '{');
        json_out_str(j, "sku", l->sku);
        json_out_int(j, "quantity", l->quantity);
        json_out_int(j, "unit_price", l->unit_price);
        json_out_close(j, '}');
    }
    json_out_close(j, ']');
}

/* Members that are empty until something happens are null until then. */
static void optional(struct json_out *j, const char *key, const char *value)
{
    json_out_str(j, key, *value ? value : NULL);
}

void wire_order(struct json_out *j, const char *key, const struct order *o)
{
    json_out_open(j, key, '{');
    json_out_str(j, "id", o->id);
    json_out_str(j, "user_id", o->user_id);
    json_out_str(j, "status", order_status_name(o->status));
    json_out_str(j, "payment_method", o->payment_method);
    json_out_str(j, "currency", o->currency);
    json_out_int(j, "total", o->total);
    if (o->lines) /* lists leave them out */
        lines(j, o);
    optional(j, "reason", o->reason);
    optional(j, "tracking_number", o->tracking_number);
    json_out_int(j, "version", o->version);
    json_out_str(j, "created_at", o->created_at);
    json_out_str(j, "updated_at", o->updated_at);
    json_out_close(j, '}');
}

void wire_entry(struct json_out *j, const struct order_entry *e)
{
    json_out_open(j, NULL, '{');
    json_out_str(j, "event_id", e->event_id);
    json_out_str(j, "type", e->type);
    json_out_str(j, "source", e->source);
    json_out_str(j, "time", e->time);
    optional(j, "cause", e->cause);
    optional(j, "detail", e->detail);
    json_out_close(j, '}');
}

const char *wire_announcement(struct ctx *ctx, const struct order *o)
{
    struct json_out j = json_out_new(ctx->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "order_id", o->id);
    json_out_str(&j, "user_id", o->user_id);
    json_out_str(&j, "status", order_status_name(o->status));
    json_out_int(&j, "version", o->version);
    json_out_str(&j, "currency", o->currency);
    json_out_int(&j, "total", o->total);
    json_out_str(&j, "payment_method", o->payment_method);
    json_out_str(&j, "reservation_id", o->reservation_id);
    json_out_str(&j, "tracking_number", o->tracking_number);
    json_out_str(&j, "reason", o->reason);
    if (o->status == ORDER_PENDING) /* inventory needs them; later events do not */
        lines(&j, o);
    json_out_close(&j, '}');
    return json_out_text(&j);
}
