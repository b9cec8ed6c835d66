/* payment_events.c - what the payment service hears: of an order that it does not know, and
 * of one that is paid. A refused event moves no money. */
#include "arena.h"
#include "events.h"
#include "fake_store.h"
#include "fuzz.h"

static void hear(bool paid, const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    const struct payment *p = &fake.payment;
    struct err err;

    fake = (struct fake){.stored = paid};
    if (paid)
        fake.payment = (struct payment){.id = "0193b9a0-0000-7000-8000-0000000000b0",
                                        .order_id = "0193b9a0-0000-7000-8000-000000000001",
                                        .user_id = FUZZ_CUSTOMER,
                                        .amount = 700,
                                        .currency = "EUR",
                                        .method = "pm_ok",
                                        .state = PAYMENT_CAPTURED,
                                        .reason = ""};
    err = fuzz_event(&ctx, events_subscriptions, events_nsubscriptions, data, len);
    must(p->amount >= 0 && p->amount <= PAYMENT_MAX_AMOUNT);
    must(!err.code || (paid ? p->state == PAYMENT_CAPTURED : !fake.stored) ||
         err.code == ERR_NOT_FOUND);
    must(!paid || p->state == PAYMENT_CAPTURED || p->state == PAYMENT_REFUNDING);
    if (fake.npublished)
        fuzz_must_be_event(&ctx, fake.published[0], fake.data);
    arena_free(ctx.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    hear(false, data, len);
    hear(true, data, len);
    return 0;
}
