/* order_post.c - the body of POST /api/v1/orders. An order that is accepted keeps to the
 * bounds, and ordering the same again is accepted too. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "json_out.h"

static struct http_response post(struct arena *a, const char *body, size_t len)
{
    fake = (struct fake){.stored = false};
    return fuzz_request(a, "POST", "/api/v1/orders", (const uint8_t *)body, len);
}

static void must_keep_to_the_bounds(const struct order *o)
{
    int64_t total = 0;

    must(o->nlines >= 1 && o->nlines <= ORDER_MAX_LINES);
    must(*o->payment_method && strlen(o->payment_method) <= 64);
    must(order_repeated_line(o) < 0);
    for (size_t i = 0; i < o->nlines; i++) {
        const struct order_line *l = &o->lines[i];

        must(*l->sku && strlen(l->sku) <= ORDER_MAX_SKU);
        must(strspn(l->sku, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == strlen(l->sku));
        must(l->quantity >= 1 && l->quantity <= ORDER_MAX_QUANTITY);
        total += l->quantity * l->unit_price;
    }
    must(o->total == total);
}

static const char *body_of(struct arena *a, const struct order *o)
{
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "payment_method", o->payment_method);
    json_out_open(&j, "lines", '[');
    for (size_t i = 0; i < o->nlines; i++) {
        json_out_open(&j, NULL, '{');
        json_out_str(&j, "sku", o->lines[i].sku);
        json_out_int(&j, "quantity", o->lines[i].quantity);
        json_out_close(&j, '}');
    }
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    return json_out_text(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    const int status = post(ctx.arena, (const char *)data, len).status;

    must(fake.stored == (status == 201));
    if (fake.stored) {
        const struct order first = fake.order;
        const char *again = body_of(ctx.arena, &first);

        must_keep_to_the_bounds(&first);
        fuzz_must_be_event(&ctx, fake.published[0], fake.data);
        must(post(ctx.arena, again, strlen(again)).status == 201);
        must(strcmp(body_of(ctx.arena, &fake.order), again) == 0);
    }
    arena_free(ctx.arena);
    return 0;
}
