/* spoil.c - makes a request wrong, or odd. */
#include "spoil.h"

#include <stdio.h>
#include <string.h>

#include "document.h"
#include "generate.h"
#include "schema.h"

#define ANY(rng, list) (&(list)[rng_between(rng, 0, (int64_t)(sizeof(list) / sizeof((list)[0])))])

/* What is put somewhere, and what is due then. */
struct oddity {
    const char *text;
    enum due due;
};

/* --- the path ------------------------------------------------------------- */

/* For an id and for a sku alike; none of them is either. */
static bool spoil_path_value(struct draft *d, struct rng *rng)
{
    static const char *const bad[] = {"%20",
                                      "%00",
                                      "%zz",
                                      "%",
                                      "%ff",
                                      "..",
                                      "%2e%2e",
                                      "a%2fb",
                                      "a%5cb",
                                      "'%20OR%201=1--",
                                      "00000000-0000-0000-0000-00000000000g",
                                      "00000000000000000000000000000000",
                                      "%F0%9F%92%A9",
                                      "*",
                                      ";",
                                      "a.b",
                                      "~",
                                      "%7Bid%7D",
                                      "@",
                                      "a:b",
                                      "a,b",
                                      "%0d%0aX:%201",
                                      "0190000a-70a0-7a00-80f0-0a00009aaa00-",
                                      "(select)",
                                      "$",
                                      "!",
                                      "abc=def",
                                      "%c3%28"};
    char *at = strrchr(d->path, '/'), *end;
    char rest[MAX_TARGET] = "";

    if (!strchr(d->op->path, '{'))
        return false;
    if (strchr("srtc", at[1]) &&
        strchr(d->op->path, '}')[1]) { /* "/stock", "/cancel": the one before */
        snprintf(rest, sizeof(rest), "%s", at);
        *at = '\0';
        at = strrchr(d->path, '/');
    }
    end = at + 1;
    end += snprintf(end, 128, "%s", *ANY(rng, bad));
    snprintf(end, MAX_TARGET - (size_t)(end - d->path), "%s", rest);
    draft_worsen(d, "path: no id", DUE_REFUSED);
    return true;
}

static bool spoil_path(struct draft *d, struct rng *rng)
{
    static const struct oddity tails[] = {
        {"/",                                        DUE_REFUSED},
        {"/x",                                       DUE_REFUSED},
        {"//",                                       DUE_REFUSED},
        {"/..",                                      DUE_REFUSED},
        {"%2f",                                      DUE_REFUSED},
        {"/.",                                       DUE_REFUSED},
        {"/%00",                                     DUE_REFUSED},
        {"\\",                                       DUE_REFUSED},
        {"/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t", DUE_REFUSED}
    };
    const struct oddity *tail = ANY(rng, tails);

    if (strcmp(d->op->path, "/") == 0 || (rng_between(rng, 0, 2) && spoil_path_value(d, rng)))
        return *d->path == '/' && d->nbroken > 0;
    strncat(d->path, tail->text, MAX_TARGET - strlen(d->path) - 1);
    d->elsewhere = true;
    draft_worsen(d, "path: another", tail->due);
    return true;
}

/* --- the query ------------------------------------------------------------ */

static const char *bad_for(struct rng *rng, const char *name)
{
    static const char *const limits[] = {
        "0",    "101", "-1",  "abc", "1e3", "99999999999999999999", "", "%205", "5%20",
        "0x10", "1.5", "%00", "%ff", "+5"};
    static const char *const cursors[] = {"", "%00", "====", "a%20b", "%ff", "%2e%2e", "%zz"};
    static const char *const ids[] = {
        "", "17", "%00", "%zz", "null", "00000000-0000-0000-0000-00000000000g", "'%20OR%201=1--"};
    static const char *const statuses[] = {"",    "LOST",       "pending",
                                           "%00", "PENDING%20", "%50ENDINGS"};

    if (strcmp(name, "limit") == 0)
        return *ANY(rng, limits);
    if (strcmp(name, "cursor") == 0)
        return *ANY(rng, cursors);
    return strcmp(name, "status") == 0 ? *ANY(rng, statuses) : *ANY(rng, ids);
}

/* In front of those that are there, for the first one counts. */
static bool spoil_query(struct draft *d, struct rng *rng)
{
    const cJSON *p;
    char query[MAX_TARGET];
    const char *name;

    if (d->op->nparameters == 0)
        return false;
    p = d->op->parameters[rng_between(rng, 0, (int64_t)d->op->nparameters)];
    name = document_member(p, "name")->valuestring;
    if (strcmp(document_member(p, "in")->valuestring, "query") != 0)
        return false;
    snprintf(query, sizeof(query), "%s=%s%s%.3800s", name, bad_for(rng, name), *d->query ? "&" : "",
             d->query);
    snprintf(d->query, sizeof(d->query), "%s", query);
    draft_worsen(d, "query: a bad value", DUE_REFUSED);
    return true;
}

static bool add_to_query(struct draft *d, struct rng *rng)
{
    static const struct oddity more[] = {
        {"x=1",         DUE_ACCEPTED},
        {"&&&",         DUE_ACCEPTED},
        {"=",           DUE_ACCEPTED},
        {"a%20b=c+d",   DUE_ACCEPTED},
        {"%zz",         DUE_EITHER  },
        {"x=%00",       DUE_EITHER  },
        {"%ff=1",       DUE_EITHER  },
        {"x[]=1",       DUE_ACCEPTED},
        {"limit=5",     DUE_ACCEPTED},
        {"%00",         DUE_EITHER  },
        {"a=b=c",       DUE_ACCEPTED},
        {"cursor=AAAA", DUE_EITHER  }
    };
    const struct oddity *one = ANY(rng, more);
    size_t len = strlen(d->query);

    snprintf(d->query + len, sizeof(d->query) - len, "%s%s", len ? "&" : "", one->text);
    draft_worsen(d, "query: more", one->due);
    return true;
}

static bool lengthen_query(struct draft *d, struct rng *rng)
{
    size_t len = strlen(d->query);
    const size_t most = (size_t)rng_between(rng, 100, 3500);

    if (len > 0)
        d->query[len++] = '&';
    while (len < most)
        d->query[len++] = 'x';
    d->query[len] = '\0';
    draft_worsen(d, "query: long", DUE_ACCEPTED);
    return true;
}

/* --- method, headers, token ----------------------------------------------- */

static bool spoil_method(struct draft *d, struct rng *rng)
{
    static const char *const methods[] = {"GET",
                                          "POST",
                                          "PUT",
                                          "DELETE",
                                          "PATCH",
                                          "TRACE",
                                          "LINK",
                                          "PROPFIND",
                                          "get",
                                          "Post",
                                          "FOO",
                                          "OPTIONS",
                                          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    const char *method = *ANY(rng, methods);

    if (operation_beside(d->op, method))
        return false;
    snprintf(d->method, sizeof(d->method), "%s", method);
    draft_worsen(d, "method", DUE_REFUSED);
    return true;
}

static bool has_header(const struct draft *d, const char *name)
{
    for (size_t i = 0; i < d->nheaders; i++)
        if (strncasecmp(d->headers[i], name, strlen(name)) == 0)
            return true;
    return false;
}

static bool spoil_type(struct draft *d, struct rng *rng)
{
    static const struct oddity types[] = {
        {"Content-Type: text/plain",                        DUE_REFUSED },
        {"Content-Type: application/xml",                   DUE_REFUSED },
        {"Content-Type: multipart/form-data; boundary=x",   DUE_REFUSED },
        {"Content-Type: application/x-www-form-urlencoded", DUE_REFUSED },
        {"Content-Type: application/jsonx",                 DUE_REFUSED },
        {"Content-Type: application/json-patch+json",       DUE_REFUSED },
        {"Content-Type: json",                              DUE_REFUSED },
        {"Content-Type: application/json; charset=utf-8",   DUE_ACCEPTED},
        {"Content-Type: APPLICATION/JSON",                  DUE_ACCEPTED},
        {"Content-Type: application/json;charset=latin1",   DUE_EITHER  },
    };
    const struct oddity *type = ANY(rng, types);

    if (!d->op->body || d->body_len == 0 || has_header(d, "Content-Type"))
        return false;
    draft_header(d, type->text);
    draft_worsen(d, "content type", type->due);
    return true;
}

static bool spoil_key(struct draft *d, struct rng *rng)
{
    static const char *const keys[] = {"k\xc3\xa9y", "a\tb", "\x7f"};
    char longest[257];

    if (!operation_parameter(d->op, "Idempotency-Key"))
        return false;
    memset(longest, 'k', 256);
    longest[256] = '\0';
    snprintf(d->key, sizeof(d->key), "%s", rng_between(rng, 0, 2) ? longest : *ANY(rng, keys));
    draft_worsen(d, "Idempotency-Key", DUE_REFUSED);
    return true;
}

/* Who may not is looked at by the judge: 'due' is about the request alone. */
static bool spoil_token(struct draft *d, struct rng *rng)
{
    static const char *const odd[] = {
        "Authorization: Basic YTpi", "Authorization: Bearer",          "Authorization: Bearer a b",
        "Authorization: Token x",    "Authorization: Bearer \xff\xfe", "Authorization: Bearer ..."};

    if (has_header(d, "Authorization")) /* two are malformed */
        return false;
    switch (rng_between(rng, 0, 5)) {
    case 0: d->who = WHO_NOBODY; break;
    case 1: d->who = WHO_CUSTOMER; break;
    case 2:
        d->who = WHO_NOBODY;
        draft_header(d, *ANY(rng, odd));
        break;
    default: d->who = WHO_FORGED; d->forged = (size_t)rng_between(rng, 0, FORGED);
    }
    draft_worsen(d, "token", DUE_ACCEPTED);
    return true;
}

/* Nothing that we promise depends on them. */
static bool add_header(struct draft *d, struct rng *rng)
{
    static const char *const lines[] = {
        "X-Request-ID: \"<bad>\"",
        "X-Request-ID: mine-17",
        "traceparent: 00-zz",
        "tracestate: a=b",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Accept: image/png",
        "Accept-Encoding: gzip, br",
        "Accept-Language: tlh",
        "X-HTTP-Method-Override: DELETE",
        "Range: bytes=0-1",
        "Range: bytes=9999999-",
        "If-None-Match: *",
        "If-Match: \"x\"",
        "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
        "If-Range: \"x\"",
        "Cookie: a=b; role=admin",
        "X-Forwarded-For: 127.0.0.1",
        "Forwarded: for=_admin",
        "X-Original-URL: /internal/products",
        "Connection: X-Request-ID, Content-Length",
        "TE: trailers",
        "Upgrade: websocket",
        "Prefer: return=minimal",
        "TE: chunked",
        "Origin: https://evil.example",
        "Via: 1.0 x",
        "Max-Forwards: 0",
        "Host: evil.example",
        "X-Odd: \xc3\xa4\xff",
        "Expect: 100-continue",
        "Trailer: X-A"};

    draft_header(d, *ANY(rng, lines));
    draft_worsen(d, "header", DUE_ACCEPTED);
    return true;
}

static bool lengthen_header(struct draft *d, struct rng *rng)
{
    char line[MAX_HEADER] = "X-Long: ";
    const size_t len = strlen(line), more = (size_t)rng_between(rng, 1, 5000);

    memset(line + len, 'x', more);
    line[len + more] = '\0';
    draft_header(d, line);
    draft_worsen(d, "a long header", DUE_ACCEPTED);
    return true;
}

static bool add_body(struct draft *d, struct rng *rng)
{
    static const char *const bodies[] = {"{}", "x", "[1,2"};
    const char *body = *ANY(rng, bodies);

    if (d->op->body || strcmp(d->method, "HEAD") == 0)
        return false;
    draft_body(d, body, strlen(body));
    draft_worsen(d, "a body where none is taken", DUE_EITHER);
    return true;
}

/* --- the body, by its schema ---------------------------------------------- */

bool spoil_value(struct draft *d, struct rng *rng)
{
    const char *what;
    char *printed;
    bool wrong;

    if (!d->value || d->nbroken > 0)
        return false;
    what = generate_fault(rng, operations.document, d->op->body, d->value);
    if (!what)
        return false;
    printed = cJSON_PrintUnformatted(d->value);
    draft_body(d, printed, strlen(printed));
    /* What was written may mean another value than what was put: ask the text. */
    cJSON_Delete(d->value);
    d->value = cJSON_Parse(printed);
    wrong = !d->value || schema_fault(operations.document, d->op->body, d->value, false);
    cJSON_free(printed);
    draft_worsen(d, what, wrong ? DUE_REFUSED : DUE_EITHER);
    return true;
}

bool spoil(struct draft *d, struct rng *rng)
{
    static bool (*const ways[])(struct draft *, struct rng *) = {
        spoil_value,    spoil_value,  spoil_value, spoil_value,     spoil_text,
        spoil_text,     spoil_path,   spoil_query, spoil_query,     add_to_query,
        lengthen_query, spoil_method, spoil_type,  spoil_key,       spoil_token,
        spoil_token,    add_header,   add_header,  lengthen_header, add_body};

    return (*ANY(rng, ways))(d, rng);
}
