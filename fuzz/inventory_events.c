/* inventory_events.c - what the inventory service hears. Every order is answered, and the
 * stock is never overdrawn. */
#include "arena.h"
#include "events.h"
#include "fake_store.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    struct err err;

    fake = (struct fake){.nproducts = 2};
    fake.products[0] = (struct product){.sku = "MUG", .name = "A mug", .currency = "EUR"};
    fake.products[1] = (struct product){.sku = "TEE", .name = "A tee", .currency = "EUR"};
    for (size_t i = 0; i < fake.nproducts; i++) {
        fake.products[i].on_hand = fake.products[i].initial = 500;
        fake.products[i].shippable = true;
    }
    err = fuzz_event(&ctx, events_subscriptions, events_nsubscriptions, data, len);
    must((err.code == ERR_OK) == (fake.npublished == 1));
    must(err.code == ERR_OK || fake.saves == 0);
    for (size_t i = 0; i < fake.nproducts; i++) {
        must(inventory_available(&fake.products[i]) >= 0);
        must(fake.products[i].reserved >= 0 && fake.products[i].on_hand == 500);
    }
    if (fake.npublished)
        fuzz_must_be_event(&ctx, fake.published[0], fake.data);
    arena_free(ctx.arena);
    return 0;
}
