/* payment_request.c - any request to the payment service: method, path, query, body. The
 * store is asked only for ids, and for the caller's own payments. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "id.h"

static struct payment payment(const char *id)
{
    return (struct payment){.id = id,
                            .order_id = "0193b9a0-0000-7000-8000-000000000001",
                            .user_id = FUZZ_CUSTOMER,
                            .amount = 700,
                            .currency = "EUR",
                            .method = "pm_ok",
                            .state = PAYMENT_CAPTURED,
                            .reason = "",
                            .created_at = "2026-01-01T00:00:00.000Z",
                            .updated_at = "2026-01-01T00:00:00.000Z"};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();

    fake = (struct fake){.stored = true, .total = {.currency = "EUR"}};
    fake.list[0] = fake.payment = payment("0193b9a0-0000-7000-8000-0000000000b1");
    fake.list[1] = payment("0193b9a0-0000-7000-8000-0000000000b0");
    (void)fuzz_request_line(a, data, len);
    must(!fake.list_after || id_valid(fake.list_after));
    must(!fake.list_order || id_valid(fake.list_order));
    must(!fake.list_user || strcmp(fake.list_user, FUZZ_CUSTOMER) == 0);
    arena_free(a);
    return 0;
}
