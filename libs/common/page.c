/* page.c - a cursor is base64url("1:" + key); the 1 is the format's version. */
#include "page.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "arena.h"
#include "json_out.h"
#include "utf8.h"

#define PREFIX "1:"

enum {
    PREFIX_LEN = sizeof(PREFIX) - 1,
    VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
    PLAIN_MAX = PREFIX_LEN + PAGE_MAX_KEY,
    CURSOR_SIZE = sodium_base64_ENCODED_LEN(PLAIN_MAX, VARIANT),
};

static const char *encode(struct arena *a, const char *plain, size_t len)
{
    char *text = arena_alloc(a, CURSOR_SIZE);

    return sodium_bin2base64(text, CURSOR_SIZE, (const unsigned char *)plain, len, VARIANT);
}

/* It goes into a statement: only text that a database takes. */
static bool is_text(const char *s, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_len(s + i, len - i);
        if (n == 0 || (unsigned char)s[i] < 0x20)
            return false;
    }
    return true;
}

/* NULL: none of ours. libsodium refuses padding, bits that do not count, and what is too
 * long, so that each key has one cursor. But bytes above 127 it takes for a digit. */
static const char *decode(struct arena *a, const char *cursor)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *plain = arena_alloc(a, PLAIN_MAX + 1);
    size_t len = 0;

    if (cursor[strspn(cursor, alphabet)])
        return NULL;
    if (sodium_base642bin((unsigned char *)plain, PLAIN_MAX, cursor, strlen(cursor), NULL, &len,
                          NULL, VARIANT) != 0)
        return NULL;
    if (len <= PREFIX_LEN || memcmp(plain, PREFIX, PREFIX_LEN) != 0 || !is_text(plain, len))
        return NULL;
    return plain + PREFIX_LEN;
}

static struct err read_limit(struct ctx *ctx, const char *text, int64_t *limit)
{
    int64_t n = 0;
    const char *c = text;

    for (; *c >= '0' && *c <= '9' && n <= PAGE_MAX; c++)
        n = n * 10 + (*c - '0');
    if (*c || n < 1 || n > PAGE_MAX)
        return err_new(ctx->arena, ERR_INVALID, "limit must be a whole number from 1 to %d",
                       PAGE_MAX);
    *limit = n;
    return OK;
}

struct err page_read(struct ctx *ctx, const struct http_request *req, bool (*valid)(const char *),
                     struct page *out)
{
    const char *limit = http_query(req, "limit"), *cursor = http_query(req, "cursor");

    *out = (struct page){.limit = PAGE_DEFAULT};
    if (limit) {
        struct err err = read_limit(ctx, limit, &out->limit);

        if (err.code)
            return err;
    }
    if (cursor) {
        out->after = decode(ctx->arena, cursor);
        if (!out->after || !valid(out->after))
            return (struct err){ERR_INVALID, "cursor is not one that a list has given"};
    }
    return OK;
}

size_t page_open(struct json_out *j, const struct page *p, size_t n)
{
    json_out_open(j, NULL, '{');
    json_out_open(j, "items", '[');
    return n > (size_t)p->limit ? (size_t)p->limit : n;
}

void page_close(struct json_out *j, const char *last)
{
    const char *cursor = NULL;

    if (last) {
        const char *plain = arena_printf(j->arena, PREFIX "%s", last);

        assert(strlen(last) <= PAGE_MAX_KEY);
        cursor = encode(j->arena, plain, strlen(plain));
    }
    json_out_close(j, ']');
    json_out_str(j, "next_cursor", cursor);
    json_out_close(j, '}');
}
