/* notification_answers.c - what the user service answers when asked for addresses. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "id.h"
#include "peers.h"

static void must_be_a_contact(const struct contact *c)
{
    must(id_valid(c->user_id));
    if (!c->email)
        return;
    must(*c->email && strlen(c->email) <= 254 && fuzz_is_utf8(c->email));
    must(strlen(c->name) <= 200 && fuzz_is_utf8(c->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    const char *const ids[] = {FUZZ_CUSTOMER, "0193b9a0-0000-7000-8000-000000000001"};
    struct contact *contacts;
    struct err err;
    size_t n;

    fuzz_answer(ctx.arena, data, len);
    err = peers_find_contacts(&ctx, ids, 2, &contacts, &n);
    if (err.code) {
        fuzz_must_explain(ctx.arena, err);
        must(err.code == ERR_UNAVAILABLE);
    } else {
        must(fuzz_answered() == 200);
        must(n <= 2);
        for (size_t i = 0; i < n; i++)
            must_be_a_contact(&contacts[i]);
    }
    arena_free(ctx.arena);
    return 0;
}
