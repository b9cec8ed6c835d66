/* notification_answers.c - what the user service answers when asked for an address. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    struct contact contact;
    struct err err;

    fuzz_answer(ctx.arena, data, len);
    err = peers_find_contact(&ctx, FUZZ_CUSTOMER, &contact);
    if (err.code) {
        fuzz_must_explain(ctx.arena, err);
        must(err.code == (fuzz_answered() == 404 ? ERR_NOT_FOUND : ERR_UNAVAILABLE));
    } else {
        must(fuzz_answered() == 200);
        must(*contact.email && strlen(contact.email) <= 254 && fuzz_is_utf8(contact.email));
        must(strlen(contact.name) <= 200 && fuzz_is_utf8(contact.name));
    }
    arena_free(ctx.arena);
    return 0;
}
