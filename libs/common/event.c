/* event.c - envelopes: written, read, and handed to their handlers. */
#include "event.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "clock.h"
#include "id.h"
#include "json_out.h"
#include "trace.h"

#define SOURCE_PREFIX "/waybill/"
#define JSON_TYPE     "application/json"

enum { ID_MAX = 64, NAME_MAX_LEN = 128, TIME_MAX = 40 };

/* Set once, before threads. */
static const char *source = "";

void event_source(const char *service)
{
    source = service;
}

/* --- writing ------------------------------------------------------------------------ */

static bool is_set(const char *s)
{
    return s && *s;
}

static const char *first_set(const char *a, const char *b, const char *c)
{
    return is_set(a) ? a : is_set(b) ? b : c;
}

static void optional_member(struct json_out *j, const char *key, const char *value)
{
    if (is_set(value))
        json_out_str(j, key, value);
}

const char *event_format(const struct ctx *ctx, const struct event *e, const char *data)
{
    struct arena *a = ctx->arena;
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "specversion", "1.0");
    json_out_str(&j, "id", is_set(e->id) ? e->id : id_new(a));
    json_out_str(&j, "type", arena_printf(a, "%s.v%d", e->type, e->version ? e->version : 1));
    json_out_str(&j, "source",
                 arena_printf(a, SOURCE_PREFIX "%s", first_set(e->source, source, "")));
    json_out_str(&j, "subject", e->subject);
    json_out_str(&j, "time", is_set(e->time) ? e->time : clock_rfc3339(a, clock_now_ms()));
    json_out_str(&j, "datacontenttype", JSON_TYPE);
    json_out_str(&j, "correlationid",
                 first_set(e->correlation_id, ctx->correlation_id, e->subject));
    optional_member(&j, "causationid", first_set(e->causation_id, ctx->causation_id, ""));
    optional_member(&j, "traceparent", first_set(e->traceparent, trace_format(a, &ctx->trace), ""));
    json_out_raw(&j, "data", data);
    json_out_close(&j, '}');
    return json_out_text(&j);
}

/* --- reading ------------------------------------------------------------------------ */

/* order.created.v1: two or more words, the first of letters only, and a version. */
static bool split_type(struct arena *a, const char *text, struct event *e)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
    const char *version = strrchr(text, '.'), *at = text;
    size_t digits, words = 0;

    if (!version || version[1] != 'v' || version[2] == '0')
        return false;
    digits = strspn(version + 2, "0123456789");
    if (digits < 1 || digits > 3 || version[2 + digits])
        return false;
    for (; at < version; at++, words++) {
        size_t len = strspn(at, letters);

        if (len == 0 || at[len] != '.' || (words == 0 && memchr(at, '_', len)))
            return false;
        at += len;
    }
    e->type = arena_strndup(a, text, (size_t)(version - text));
    e->version = (int)strtol(version + 2, NULL, 10);
    return words >= 2;
}

static const char *split_source(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz-";
    const char *service = text + strlen(SOURCE_PREFIX);

    if (strncmp(text, SOURCE_PREFIX, strlen(SOURCE_PREFIX)) != 0)
        return NULL;
    return *service && strspn(service, letters) == strlen(service) ? service : NULL;
}

/* 'form' with a 0 for any digit. */
static bool has_form(const char *s, const char *form)
{
    for (; *form; s++, form++)
        if (*form == '0' ? *s < '0' || *s > '9' : *s != *form)
            return false;
    return true;
}

/* strptime(3) knows the ranges but takes blanks and single digits; the form does not. */
static bool is_rfc3339(const char *s)
{
    static const char form[] = "0000-00-00T00:00:00";
    struct tm tm;

    if (!has_form(s, form) || !strptime(s, "%Y-%m-%dT%H:%M:%S", &tm))
        return false;
    s += strlen(form);
    if (has_form(s, ".0"))
        s += 1 + strspn(s + 1, "0123456789");
    if (*s == 'Z')
        return s[1] == '\0';
    return (has_form(s, "+00:00") || has_form(s, "-00:00")) && s[6] == '\0';
}

/* Complaints after the first mistake are ignored, so a member that is missing may be
 * checked like any other. */
static void refuse_unless(bool fine, const struct json_in *in, const char *key, const char *what)
{
    if (!fine)
        json_in_refuse(in, key, what);
}

static void read_origin(const struct json_in *in, struct event *e)
{
    const char *type, *from;

    refuse_unless(strcmp(json_in_str(in, "specversion", 1, 16), "1.0") == 0, in, "specversion",
                  "must be 1.0");
    e->id = json_in_str(in, "id", 1, ID_MAX);
    type = json_in_str(in, "type", 1, NAME_MAX_LEN);
    refuse_unless(split_type(in->arena, type, e), in, "type", "must be like order.created.v1");
    from = json_in_str(in, "source", 1, NAME_MAX_LEN);
    e->source = split_source(from);
    refuse_unless(e->source, in, "source", "must be like " SOURCE_PREFIX "order");
    e->subject = json_in_id(in, "subject");
    e->time = json_in_str(in, "time", 1, TIME_MAX);
    refuse_unless(is_rfc3339(e->time), in, "time", "must be like 2026-11-20T11:15:00.123Z");
}

/* A malformed traceparent is as good as none: W3C Trace Context, 3.2. */
static void read_context(const struct json_in *in, struct event *e)
{
    struct trace ignored;

    e->correlation_id = json_in_str_or(in, "correlationid", 0, NAME_MAX_LEN, "");
    e->causation_id = json_in_str_or(in, "causationid", 0, NAME_MAX_LEN, "");
    e->traceparent = json_in_str_or(in, "traceparent", 0, NAME_MAX_LEN, "");
    if (!trace_parse(e->traceparent, &ignored))
        e->traceparent = "";
}

struct err event_parse(struct arena *a, const char *text, size_t len, struct event *e)
{
    const struct json_in in = json_in_parse(a, text, len);
    const char *content_type;

    *e = (struct event){0};
    read_origin(&in, e);
    read_context(&in, e);
    content_type = json_in_str_or(&in, "datacontenttype", 1, NAME_MAX_LEN, JSON_TYPE);
    refuse_unless(strcmp(content_type, JSON_TYPE) == 0, &in, "datacontenttype",
                  "must be " JSON_TYPE);
    e->data = json_in_obj(&in, "data");
    return json_in_done(&in);
}

struct err event_dispatch(struct ctx *ctx, const struct event *e, const struct subscription list[],
                          size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].version == e->version && strcmp(list[i].type, e->type) == 0)
            return list[i].handler(ctx, e);
    return err_new(ctx->arena, ERR_INVALID, "no handler for %s.v%d", e->type, e->version);
}
