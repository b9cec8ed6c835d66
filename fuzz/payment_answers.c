/* payment_answers.c - what the payment provider answers. Only a clear word moves money, and
 * never more than was asked for. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "provider.h"

static void must_be_clear(struct payment_outcome o, const struct payment *p)
{
    must(o.known || o.sent); /* nothing ever kept a call from being made */
    must(o.refunded >= 0 && o.refunded <= p->amount);
    must((o.refunded > 0) == (o.known && o.event == PAYMENT_RETURNED));
    must(!o.reason || (*o.reason && strlen(o.reason) <= PAYMENT_MAX_REASON));
    must(!o.reason || fuzz_is_utf8(o.reason));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct payment p = {.id = "0193b9a0-0000-7000-8000-0000000000b0",
                              .order_id = "0193b9a0-0000-7000-8000-000000000001",
                              .amount = 700,
                              .currency = "EUR",
                              .method = "pm_ok"};
    struct ctx ctx = {.arena = arena_new()};
    struct payment_outcome o;

    fuzz_answer(ctx.arena, data, len);
    must(provider_is_up(&ctx) == (fuzz_answered() == 200));
    o = provider_charge(&ctx, &p);
    must_be_clear(o, &p);
    must(!o.known || o.event == PAYMENT_CHARGED || o.reason);
    must(!o.known || o.event != PAYMENT_CHARGED || fuzz_answered() == 201);
    o = provider_undo(&ctx, &p);
    must_be_clear(o, &p);
    must(!o.known || fuzz_answered() == 200);
    arena_free(ctx.arena);
    return 0;
}
