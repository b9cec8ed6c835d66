/* common_cursor.c - the query of a list. A cursor that is accepted is the one that we give
 * for its position, and every position that we may give a cursor for comes back. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "http_internal.h"
#include "json_in.h"
#include "json_out.h"
#include "page.h"

static bool anything(const char *position)
{
    (void)position;
    return true;
}

static struct err ask(struct ctx *ctx, const char *name, const char *value, struct page *page)
{
    struct http_param param = {.name = name, .value = value};
    struct http_exchange x = {.arena = ctx->arena, .query = &param, .req = {.impl = &x}};

    return page_read(ctx, &x.req, anything, page);
}

static const char *cursor_for(struct arena *a, const char *position)
{
    struct json_out j = json_out_new(a);
    struct page page = {.limit = 1};
    struct json_in in;

    (void)page_open(&j, &page, 0);
    page_close(&j, position);
    in = json_in_parse(a, json_out_text(&j), strlen(json_out_text(&j)));
    return json_in_str(&in, "next_cursor", 1, SIZE_MAX);
}

static bool is_position(const char *s)
{
    for (const char *c = s; *c; c++)
        if ((unsigned char)*c < ' ')
            return false;
    return *s && strlen(s) <= PAGE_MAX_KEY && fuzz_is_utf8(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct ctx ctx = {.arena = arena_new()};
    const char *text = fuzz_text(ctx.arena, data, len);
    struct page page;
    struct err err = ask(&ctx, "cursor", text, &page);

    if (err.code) {
        fuzz_must_explain(ctx.arena, err);
    } else {
        must(is_position(page.after));
        must(strcmp(cursor_for(ctx.arena, page.after), text) == 0);
    }
    if (is_position(text)) {
        err = ask(&ctx, "cursor", cursor_for(ctx.arena, text), &page);
        must(err.code == ERR_OK && strcmp(page.after, text) == 0);
    }
    err = ask(&ctx, "limit", text, &page);
    must(err.code || (page.limit >= 1 && page.limit <= PAGE_MAX));
    must(err.code || strspn(text, "0123456789") == strlen(text));
    arena_free(ctx.arena);
    return 0;
}
