/* wire.c - products and reservations as JSON. */
#include "wire.h"

void wire_product(struct json_out *j, const char *key, const struct product *p)
{
    json_out_open(j, key, '{');
    json_out_str(j, "sku", p->sku);
    json_out_str(j, "name", p->name);
    json_out_int(j, "price", p->price);
    json_out_str(j, "currency", p->currency);
    json_out_int(j, "available", inventory_available(p));
    json_out_close(j, '}');
}

void wire_stock(struct json_out *j, const char *key, const struct product *p)
{
    json_out_open(j, key, '{');
    json_out_str(j, "sku", p->sku);
    json_out_int(j, "initial", p->initial);
    json_out_int(j, "restocked", p->restocked);
    json_out_int(j, "dispatched", p->dispatched);
    json_out_int(j, "on_hand", p->on_hand);
    json_out_int(j, "reserved", p->reserved);
    json_out_int(j, "available", inventory_available(p));
    json_out_bool(j, "shippable", p->shippable);
    json_out_str(j, "updated_at", p->updated_at);
    json_out_close(j, '}');
}

static void refusal(struct json_out *j, const struct reservation *r)
{
    json_out_str(j, "reason", r->reason);
    if (*r->refused_sku)
        json_out_str(j, "sku", r->refused_sku);
}

const char *wire_announcement(struct ctx *ctx, const struct reservation *r)
{
    struct json_out j = json_out_new(ctx->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "order_id", r->order_id);
    switch (r->state) {
    case INVENTORY_RESERVED:
        json_out_str(&j, "user_id", r->user_id);
        json_out_str(&j, "reservation_id", r->reservation_id);
        json_out_str(&j, "currency", r->currency);
        json_out_int(&j, "total", r->total);
        json_out_str(&j, "payment_method", r->payment_method);
        break;
    case INVENTORY_RELEASED: json_out_str(&j, "reservation_id", r->reservation_id); break;
    case INVENTORY_DISPATCHED:
        json_out_str(&j, "shipment_id", r->shipment_id);
        json_out_str(&j, "tracking_number", r->tracking_number);
        break;
    case INVENTORY_FAILED:
    case INVENTORY_UNSHIPPED: refusal(&j, r); break;
    case INVENTORY_NONE: break;
    }
    json_out_close(&j, '}');
    return json_out_text(&j);
}
