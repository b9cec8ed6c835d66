/* common_event.c - envelopes. One that is accepted, written and read again, is the same. */
#include <string.h>

#include "arena.h"
#include "event.h"
#include "fuzz.h"

static void must_be_same(const struct event *e, const struct event *f)
{
    must(strcmp(e->id, f->id) == 0);
    must(strcmp(e->type, f->type) == 0 && e->version == f->version && e->version > 0);
    must(strcmp(e->source, f->source) == 0);
    must(strcmp(e->subject, f->subject) == 0);
    must(strcmp(e->time, f->time) == 0);
    must(strcmp(*e->correlation_id ? e->correlation_id : e->subject, f->correlation_id) == 0);
    must(strcmp(e->causation_id, f->causation_id) == 0);
    must(strcmp(e->traceparent, f->traceparent) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    struct event e, again;
    struct err err = event_parse(ctx.arena, (const char *)data, len, &e);

    if (err.code) {
        must(err.code == ERR_INVALID);
        fuzz_must_explain(ctx.arena, err);
    } else {
        const char *text = event_format(&ctx, &e, "{\"order_id\":\"x\"}");

        must(event_parse(ctx.arena, text, strlen(text), &again).code == ERR_OK);
        must_be_same(&e, &again);
    }
    arena_free(ctx.arena);
    return 0;
}
