/* trace.c - the traceparent header: 00-<32 hex>-<16 hex>-<2 hex>. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "arena.h"
#include "entropy.h"

enum { VERSION_AT = 0, TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53, LENGTH = 55 };

static bool is_hex(const char *s, size_t n)
{
    return strspn(s, "0123456789abcdef") >= n;
}

static bool is_zero(const char *s, size_t n)
{
    return strspn(s, "0") >= n;
}

/* A version to come may append fields but keeps these; ff is forbidden. */
static bool well_formed(const char *s)
{
    size_t len = strlen(s);

    if (len < LENGTH || s[TRACE_AT - 1] != '-' || s[SPAN_AT - 1] != '-' || s[FLAGS_AT - 1] != '-')
        return false;
    if (!is_hex(s + VERSION_AT, 2) || !is_hex(s + TRACE_AT, 32) || !is_hex(s + SPAN_AT, 16) ||
        !is_hex(s + FLAGS_AT, 2))
        return false;
    if (strncmp(s, "ff", 2) == 0 || is_zero(s + TRACE_AT, 32) || is_zero(s + SPAN_AT, 16))
        return false;
    return len == LENGTH || (strncmp(s, "00", 2) != 0 && s[LENGTH] == '-');
}

bool trace_parse(const char *traceparent, struct trace *out)
{
    if (!traceparent || !well_formed(traceparent))
        return false;
    *out = (struct trace){.sampled = strtol(traceparent + FLAGS_AT, NULL, 16) & 1};
    memcpy(out->trace_id, traceparent + TRACE_AT, 32);
    memcpy(out->span_id, traceparent + SPAN_AT, 16);
    return true;
}

/* Never all zero, which would mean "none". */
static void random_hex(char *out, size_t bytes)
{
    unsigned char b[16];

    do {
        entropy_bytes(b, bytes);
        sodium_bin2hex(out, 2 * bytes + 1, b, bytes);
    } while (is_zero(out, 2 * bytes));
}

struct trace trace_continue(const char *traceparent)
{
    struct trace t = {.sampled = true};

    if (!trace_parse(traceparent, &t))
        random_hex(t.trace_id, 16);
    random_hex(t.span_id, 8);
    return t;
}

const char *trace_format(struct arena *a, const struct trace *t)
{
    if (!t->trace_id[0])
        return "";
    return arena_printf(a, "00-%s-%s-%s", t->trace_id, t->span_id, t->sampled ? "01" : "00");
}
