/* inventory_request.c - any request to the inventory service: method, path, query, body. */
#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();

    fake = (struct fake){.nproducts = 2};
    fake.products[0] = (struct product){.sku = "MUG", .name = "A mug", .currency = "EUR"};
    fake.products[1] = (struct product){.sku = "TEE", .name = "A \"tee\"", .currency = "EUR"};
    (void)fuzz_request_line(a, data, len);
    for (size_t i = 0; i < fake.nproducts; i++)
        must(inventory_sku_valid(fake.products[i].sku));
    arena_free(a);
    return 0;
}
