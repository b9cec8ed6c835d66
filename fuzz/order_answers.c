/* order_answers.c - what the user and the inventory service answer to order's look-ups.
 * No answer makes a price that could overflow a total. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct order_line lines[] = {
        {"WB-MUG", ORDER_MAX_QUANTITY, -1},
        {"WB-TEE", 1,                  -1}
    };
    struct order o = {.lines = lines, .nlines = 2};
    struct ctx ctx = {.arena = arena_new()};
    struct err err;

    fuzz_answer(ctx.arena, data, len);
    err = peers_check_user(&ctx, FUZZ_CUSTOMER);
    must((err.code == ERR_OK) == (fuzz_answered() == 200));
    if (err.code)
        fuzz_must_explain(ctx.arena, err);
    err = peers_price(&ctx, &o);
    if (err.code) {
        fuzz_must_explain(ctx.arena, err);
        must(err.code == ERR_UNAVAILABLE || err.code == ERR_UNPROCESSABLE);
    } else {
        must(fuzz_answered() == 200 && strlen(o.currency) == 3);
        for (size_t i = 0; i < o.nlines; i++)
            must(lines[i].unit_price >= 0 && lines[i].unit_price <= ORDER_MAX_PRICE);
    }
    arena_free(ctx.arena);
    return 0;
}
