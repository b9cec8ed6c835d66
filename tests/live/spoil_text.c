/* spoil_text.c - bodies that are no JSON, or not the JSON that we take. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spoil.h"

enum { DEEP = 20000, TOO_LARGE = 70000, BODY_LIMIT = 64 * 1024 };

/* 'bytes' in the place of 'cut' bytes at 'at'. */
static void splice(struct draft *d, size_t at, size_t cut, const char *bytes, size_t len)
{
    char *made = malloc(d->body_len + len + 1);

    if (!made)
        abort();
    memcpy(made, d->body, at);
    memcpy(made + at, bytes, len);
    memcpy(made + at + len, d->body + at + cut, d->body_len - at - cut);
    draft_body(d, made, d->body_len + len - cut);
    free(made);
}

static void fill(struct draft *d, const char *piece, size_t times)
{
    const size_t len = strlen(piece);
    char *made = malloc(len * times + 1);

    if (!made)
        abort();
    for (size_t i = 0; i < times; i++)
        memcpy(made + i * len, piece, len);
    draft_body(d, made, len * times);
    free(made);
}

/* Behind the first quote of a string that is a value; 0: there is none. */
static size_t in_a_text(const struct draft *d)
{
    const char *at = strstr(d->body, ":\"");

    return at ? (size_t)(at - d->body) + 2 : 0;
}

static bool in_text(struct draft *d, const char *bytes, size_t len)
{
    const size_t at = in_a_text(d);

    if (at > 0)
        splice(d, at, 0, bytes, len);
    return at > 0;
}

/* --- one function for each ------------------------------------------------ */

static bool truncated(struct draft *d, struct rng *rng)
{
    if (d->body_len < 2)
        return false;
    d->body_len = (size_t)rng_between(rng, 0, (int64_t)strcspn(d->body, "}"));
    d->body[d->body_len] = '\0';
    return true;
}

static bool followed_by_more(struct draft *d, struct rng *rng)
{
    static const char *const more[] = {"x", "{}", ",", "]", "\"", "null"};
    const char *s = more[rng_between(rng, 0, 6)];

    splice(d, d->body_len, 0, s, strlen(s));
    return true;
}

static bool with_a_nul(struct draft *d, struct rng *rng)
{
    splice(d, (size_t)rng_between(rng, 0, (int64_t)d->body_len), 0, "", 1);
    return true;
}

static bool with_a_mark(struct draft *d, struct rng *rng)
{
    (void)rng;
    splice(d, 0, 0, "\xef\xbb\xbf", 3);
    return true;
}

static bool with_bad_utf8(struct draft *d, struct rng *rng)
{
    static const char *const bad[] = {"\xff",     "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xe2\x82", "\x80"};
    const char *s = bad[rng_between(rng, 0, 6)];

    return in_text(d, s, strlen(s));
}

static bool with_bad_escapes(struct draft *d, struct rng *rng)
{
    static const char *const bad[] = {"\\u0000", "\\ud800", "\\u12", "\\x41", "\\q", "\x01", "\n"};
    const char *s = bad[rng_between(rng, 0, 7)];

    return in_text(d, s, strlen(s));
}

static bool with_a_member_twice(struct draft *d, struct rng *rng)
{
    const size_t at = strcspn(d->body, "{") + 1;
    const char *name = strchr(d->body, '"'), *end = name ? strchr(name + 1, '"') : NULL;
    char member[128];

    (void)rng;
    if (!end || at > d->body_len)
        return false;
    splice(d, at, 0, member,
           (size_t)snprintf(member, sizeof(member), "%.*s:1,", (int)(end - name + 1), name));
    return true;
}

static bool nested(struct draft *d, struct rng *rng)
{
    static const size_t depths[] = {17, 100, 1000, DEEP};
    const size_t n = depths[rng_between(rng, 0, 4)];

    if (rng_between(rng, 0, 2))
        fill(d, "[", n);
    else
        fill(d, "{\"a\":", n < DEEP ? n : DEEP / 2);
    return true;
}

static bool too_large(struct draft *d, struct rng *rng)
{
    (void)rng;
    fill(d, " ", TOO_LARGE);
    return true;
}

static bool just_small_enough(struct draft *d, struct rng *rng)
{
    char *blanks;

    (void)rng;
    if (d->body_len > BODY_LIMIT)
        return false;
    blanks = malloc(BODY_LIMIT);
    if (!blanks)
        abort();
    memset(blanks, ' ', BODY_LIMIT);
    splice(d, 0, 0, blanks, BODY_LIMIT - d->body_len);
    free(blanks);
    return true;
}

static bool something_else(struct draft *d, struct rng *rng)
{
    static const char *const texts[] = {
        "",  " ",       "null",    "true", "17",       "\"x\"",   "[]",   "[{}]",        "NaN",
        "{", "{'a':1}", "a=1&b=2", "{,}",  "{\"a\":}", "/*x*/{}", "<a/>", "\x1f\x8b\x08"};
    const char *s = texts[rng_between(rng, 0, 17)];

    draft_body(d, s, strlen(s));
    return true;
}

static bool as_utf16(struct draft *d, struct rng *rng)
{
    char *made = calloc(2, d->body_len + 1);

    (void)rng;
    if (!made)
        abort();
    for (size_t i = 0; i < d->body_len; i++)
        made[2 * i] = d->body[i];
    draft_body(d, made, 2 * d->body_len);
    free(made);
    return true;
}

static bool with_noise(struct draft *d, struct rng *rng)
{
    const size_t at = (size_t)rng_between(rng, 0, (int64_t)d->body_len);
    const char byte = (char)rng_next(rng);

    if (d->body_len == 0)
        return false;
    splice(d, at, 1, &byte, 1);
    return true;
}

bool spoil_text(struct draft *d, struct rng *rng)
{
    static const struct {
        const char *what;
        bool (*spoil)(struct draft *d, struct rng *rng);
        enum due due;
    } ways[] = {
        {"body: truncated",         truncated,           DUE_REFUSED },
        {"body: more behind it",    followed_by_more,    DUE_REFUSED },
        {"body: a NUL",             with_a_nul,          DUE_REFUSED },
        {"body: a byte order mark", with_a_mark,         DUE_EITHER  },
        {"body: bad UTF-8",         with_bad_utf8,       DUE_REFUSED },
        {"body: bad escapes",       with_bad_escapes,    DUE_REFUSED },
        {"body: a member twice",    with_a_member_twice, DUE_REFUSED },
        {"body: nested too deep",   nested,              DUE_REFUSED },
        {"body: too large",         too_large,           DUE_REFUSED },
        {"body: just small enough", just_small_enough,   DUE_ACCEPTED},
        {"body: something else",    something_else,      DUE_REFUSED },
        {"body: UTF-16",            as_utf16,            DUE_REFUSED },
        {"body: a byte of noise",   with_noise,          DUE_EITHER  },
    };
    const int64_t i = rng_between(rng, 0, (int64_t)(sizeof(ways) / sizeof(ways[0])));

    if (!d->op->body || !d->body || !ways[i].spoil(d, rng))
        return false;
    draft_worsen(d, ways[i].what, ways[i].due);
    return true;
}
