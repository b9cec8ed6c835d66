/* notification_request.c - any request to the notification service: method, path, query,
 * body. The store is asked only for ids, and for the caller's own. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "id.h"

static struct notification notification(const char *id)
{
    return (struct notification){.id = id,
                                 .event_id = "e1",
                                 .user_id = FUZZ_CUSTOMER,
                                 .order_id = "0193b9a0-0000-7000-8000-000000000001",
                                 .kind = "order.shipped",
                                 .subject = "Your order",
                                 .body = "is on its way",
                                 .reason = "",
                                 .traceparent = "",
                                 .created_at = "2026-01-01T00:00:00.000Z"};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();

    fake = (struct fake){.n = 2};
    fake.list[0] = notification("0193b9a0-0000-7000-8000-0000000000c1");
    fake.list[1] = notification("0193b9a0-0000-7000-8000-0000000000c0");
    (void)fuzz_request_line(a, data, len);
    must(!fake.after || id_valid(fake.after));
    must(!fake.order_id || id_valid(fake.order_id));
    must(!fake.user_id || strcmp(fake.user_id, FUZZ_CUSTOMER) == 0);
    arena_free(a);
    return 0;
}
