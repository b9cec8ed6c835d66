/* json_out.c - a JSON writer without a stack: the last byte says what comes next. */
#include "json_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "utf8.h"

enum { FIRST_CAP = 256 };

struct json_out json_out_new(struct arena *a)
{
    return (struct json_out){.arena = a, .text = arena_alloc(a, FIRST_CAP), .cap = FIRST_CAP};
}

/* Doubling keeps the copies, which stay in the arena, below the final size. */
static void append(struct json_out *j, const char *s, size_t len)
{
    if (len >= j->cap - j->len) {
        char *old = j->text;

        while (len >= j->cap - j->len)
            j->cap *= 2;
        j->text = arena_alloc(j->arena, j->cap);
        memcpy(j->text, old, j->len);
    }
    memcpy(j->text + j->len, s, len);
    j->len += len;
    j->text[j->len] = '\0';
}

/* memcpy() that returns what json_escape() has to. */
static size_t copy(char *out, const char *from, size_t len)
{
    memcpy(out, from, len);
    return len;
}

size_t json_escape(const char **s, char out[JSON_ESCAPE_MAX])
{
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = *s, *special = strchr(escaped, *at);
    char code[JSON_ESCAPE_MAX + 1];
    size_t len = utf8_len(at, 4);

    *s += len ? len : 1;
    if (len == 0)
        return copy(out, "\xEF\xBF\xBD", 3);
    if (special && *at)
        return copy(out, (const char[]){'\\', letters[special - escaped]}, 2);
    if ((unsigned char)*at >= 0x20)
        return copy(out, at, len);
    snprintf(code, sizeof(code), "\\u%04x", (unsigned char)*at);
    return copy(out, code, JSON_ESCAPE_MAX);
}

/* Most strings are plain ASCII and are copied whole. */
static size_t plain_len(const char *s)
{
    size_t n = 0;

    while (s[n] >= 0x20 && s[n] < 0x7F && s[n] != '"' && s[n] != '\\')
        n++;
    return n;
}

static void append_quoted(struct json_out *j, const char *s)
{
    char out[JSON_ESCAPE_MAX];

    append(j, "\"", 1);
    while (*s) {
        size_t plain = plain_len(s);

        append(j, s, plain);
        s += plain;
        if (*s)
            append(j, out, json_escape(&s, out));
    }
    append(j, "\"", 1);
}

/* What stands before a value. A finished value never ends in a bracket that opens. */
static void begin(struct json_out *j, const char *key)
{
    if (j->len && !strchr("{[", j->text[j->len - 1]))
        append(j, ",", 1);
    if (key) {
        append_quoted(j, key);
        append(j, ":", 1);
    }
}

void json_out_open(struct json_out *j, const char *key, char bracket)
{
    begin(j, key);
    append(j, &bracket, 1);
}

void json_out_close(struct json_out *j, char bracket)
{
    append(j, &bracket, 1);
}

void json_out_raw(struct json_out *j, const char *key, const char *json)
{
    begin(j, key);
    append(j, json, strlen(json));
}

void json_out_str(struct json_out *j, const char *key, const char *value)
{
    if (!value) {
        json_out_raw(j, key, "null");
        return;
    }
    begin(j, key);
    append_quoted(j, value);
}

void json_out_int(struct json_out *j, const char *key, int64_t value)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%" PRId64, value);
    json_out_raw(j, key, digits);
}

void json_out_bool(struct json_out *j, const char *key, bool value)
{
    json_out_raw(j, key, value ? "true" : "false");
}

const char *json_out_text(const struct json_out *j)
{
    return j->text;
}
