/* notification_events.c - entries of the stream. One that is accepted makes one mail, whose
 * text is whole and fits, and the same entry again makes none. */
#include <string.h>

#include "arena.h"
#include "events.h"
#include "fake_store.h"
#include "fuzz.h"
#include "id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    struct err err;

    fake = (struct fake){.n = 0};
    err = fuzz_event(&ctx, events_subscriptions, events_nsubscriptions, data, len);
    must(fake.n == (err.code == ERR_OK ? 1 : 0));
    if (fake.n) {
        const struct notification *n = &fake.list[0];

        must(id_valid(n->user_id) && id_valid(n->order_id));
        must(*n->subject && strlen(n->subject) < NOTIFICATION_MAX_SUBJECT);
        must(*n->body && strlen(n->body) < NOTIFICATION_MAX_BODY);
        must(fuzz_is_utf8(n->subject) && fuzz_is_utf8(n->body));
        err = fuzz_event(&ctx, events_subscriptions, events_nsubscriptions, data, len);
        must(err.code == ERR_OK && fake.n == 1);
    }
    arena_free(ctx.arena);
    return 0;
}
