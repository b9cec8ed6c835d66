/* order_request.c - any request to the order service: method, path, query, body. */
#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct order_line line = {"WB-MUG", 2, 100};
    struct ctx ctx = {.arena = arena_new()};

    fake = (struct fake){
        .stored = true, .order = {.lines = &line, .nlines = 1, .total = 200}
    };
    fake.order.id = "0193b9a0-0000-7000-8000-000000000001";
    fake.order.user_id = FUZZ_CUSTOMER;
    fake.order.payment_method = "pm_ok";
    fake.order.currency = "EUR";
    fake.order.reason = fake.order.reservation_id = fake.order.tracking_number = "";
    fake.order.created_at = fake.order.updated_at = "2026-01-01T00:00:00.000Z";
    (void)fuzz_request_line(ctx.arena, data, len);
    for (size_t i = 0; i < fake.npublished; i++)
        fuzz_must_be_event(&ctx, fake.published[i], fake.data);
    arena_free(ctx.arena);
    return 0;
}
