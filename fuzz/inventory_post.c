/* inventory_post.c - the body of POST /api/v1/products. A product that is accepted keeps to
 * the bounds, and making the same again elsewhere is accepted too. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "json_out.h"

static int post(struct arena *a, const uint8_t *body, size_t len)
{
    fake = (struct fake){.nproducts = 0};
    return fuzz_request(a, "POST", "/api/v1/products", body, len).status;
}

static void must_keep_to_the_bounds(const struct product *p)
{
    must(inventory_sku_valid(p->sku) && inventory_currency_valid(p->currency));
    must(*p->name && strlen(p->name) <= INVENTORY_MAX_NAME);
    must(p->price >= 0 && p->price <= INVENTORY_MAX_PRICE);
    must(p->initial >= 0 && p->initial <= INVENTORY_MAX_ON_HAND);
    must(inventory_available(p) == p->initial);
}

static const char *body_of(struct arena *a, const struct product *p)
{
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "sku", p->sku);
    json_out_str(&j, "name", p->name);
    json_out_int(&j, "price", p->price);
    json_out_str(&j, "currency", p->currency);
    json_out_int(&j, "on_hand", p->initial);
    json_out_bool(&j, "shippable", p->shippable);
    json_out_close(&j, '}');
    return json_out_text(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    const int status = post(a, data, len);

    must((status == 201) == (fake.nproducts == 1));
    if (fake.nproducts) {
        const char *again = body_of(a, &fake.products[0]);

        must_keep_to_the_bounds(&fake.products[0]);
        must(post(a, (const uint8_t *)again, strlen(again)) == 201);
        must(strcmp(body_of(a, &fake.products[0]), again) == 0);
    }
    arena_free(a);
    return 0;
}
