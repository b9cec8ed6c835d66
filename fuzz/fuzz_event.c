/* fuzz_event.c - messages as a consumer handles them, without broker and database. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "id.h"

struct err fuzz_event(struct ctx *ctx, const struct subscription list[], size_t n,
                      const uint8_t *data, size_t len)
{
    struct event e;
    struct err err = event_parse(ctx->arena, (const char *)data, len, &e);

    if (!err.code) {
        ctx->trace = trace_continue(e.traceparent);
        ctx->causation_id = e.id;
        ctx->correlation_id = *e.correlation_id ? e.correlation_id : NULL;
        err = event_dispatch(ctx, &e, list, n);
    }
    if (err.code)
        fuzz_must_explain(ctx->arena, err);
    must(err.code != ERR_UNAVAILABLE && err.code != ERR_INTERNAL);
    return err;
}

void fuzz_must_be_event(const struct ctx *ctx, const char *type, const char *data)
{
    const struct event said = {.type = type, .subject = id_new(ctx->arena), .source = "fuzz"};
    const char *text = event_format(ctx, &said, data);
    struct event e;

    must(event_parse(ctx->arena, text, strlen(text), &e).code == ERR_OK);
    must(strcmp(e.type, type) == 0);
}
