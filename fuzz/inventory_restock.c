/* inventory_restock.c - the body of POST /api/v1/products/{sku}/restock. Goods only come,
 * and no more at once than there may be. */
#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    const struct product *p = &fake.products[0];
    int status;

    fake = (struct fake){.nproducts = 1};
    fake.products[0] = (struct product){.sku = "MUG", .name = "A mug", .currency = "EUR"};
    status = fuzz_request(a, "POST", "/api/v1/products/MUG/restock", data, len).status;
    must((status == 200) == (p->restocked > 0));
    must(p->restocked >= 0 && p->restocked <= INVENTORY_MAX_RESTOCK);
    must(p->on_hand == p->restocked);
    arena_free(a);
    return 0;
}
