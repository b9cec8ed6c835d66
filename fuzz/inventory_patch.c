/* inventory_patch.c - the body of PATCH /api/v1/products/{sku}. What is refused changes
 * nothing, and no change touches the stock. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct product before = {.sku = "MUG",
                                   .name = "A mug",
                                   .currency = "EUR",
                                   .price = 1290,
                                   .initial = 5,
                                   .on_hand = 5,
                                   .updated_at = "2026-01-01T00:00:00.000Z"};
    struct arena *a = arena_new();
    struct product *p = &fake.products[0];
    int status;

    fake = (struct fake){.products = {before}, .nproducts = 1};
    status = fuzz_request(a, "PATCH", "/api/v1/products/MUG", data, len).status;
    must(status == 200 || status == 400);
    must(status == 200 || (p->name == before.name && p->price == before.price && !p->shippable));
    must(*p->name && strlen(p->name) <= INVENTORY_MAX_NAME && fuzz_is_utf8(p->name));
    must(p->price >= 0 && p->price <= INVENTORY_MAX_PRICE);
    must(p->on_hand == 5 && p->initial == 5 && p->restocked == 0);
    arena_free(a);
    return 0;
}
