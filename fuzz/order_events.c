/* order_events.c - what the order service hears. Whatever it is told, an order that is
 * over stays as it is, and each change counts as one. */
#include "arena.h"
#include "events.h"
#include "fake_store.h"
#include "fuzz.h"

static void hear(enum order_status status, const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    struct err err;

    fake = (struct fake){
        .stored = true, .order = {.status = status, .version = 1}
    };
    fake.order.id = "0193b9a0-0000-7000-8000-000000000001";
    fake.order.user_id = FUZZ_CUSTOMER;
    fake.order.payment_method = "pm_ok";
    fake.order.currency = "EUR";
    fake.order.reason = fake.order.reservation_id = fake.order.tracking_number = "";
    err = fuzz_event(&ctx, events_subscriptions, events_nsubscriptions, data, len);
    must((err.code == ERR_OK) == (fake.nentries > 0));
    must((fake.order.status != status) == (fake.npublished == 1));
    must(fake.order.version == 1 + (fake.order.status != status));
    must(!order_is_over(status) || fake.order.status == status);
    if (fake.npublished)
        fuzz_must_be_event(&ctx, fake.published[0], fake.data);
    arena_free(ctx.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    hear(ORDER_PENDING, data, len);
    hear(ORDER_CANCELLING, data, len);
    hear(ORDER_SHIPPED, data, len);
    return 0;
}
