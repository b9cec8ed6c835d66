/* http_routes.c - from the request target to a route. */
#include <string.h>

#include "arena.h"
#include "http_internal.h"
#include "utf8.h"

/* --- decoding (RFC 3986) -------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool utf8_valid(const char *s)
{
    size_t len = strlen(s), n;

    for (; *s; s += n, len -= n) {
        n = utf8_len(s, len);
        if (n == 0)
            return false;
    }
    return true;
}

/* NULL: a broken escape, an escaped NUL, or bytes that are no UTF-8. */
static const char *decode(struct arena *a, const char *s, size_t len, bool plus_is_blank)
{
    char *out = arena_alloc(a, len + 1);
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (s[i] != '%') {
            out[n++] = s[i];
            if (plus_is_blank && s[i] == '+')
                out[n - 1] = ' ';
            continue;
        }
        int high = i + 2 < len ? hex(s[i + 1]) : -1;
        int low = high >= 0 ? hex(s[i + 2]) : -1;

        if (low < 0 || high + low == 0)
            return NULL;
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    out[n] = '\0';
    return utf8_valid(out) ? out : NULL;
}

/* --- the target ----------------------------------------------------------- */

static bool query_parse(struct http_exchange *x, const char *s)
{
    struct http_param **tail = &x->query;

    while (*s) {
        struct http_param *p = arena_alloc(x->arena, sizeof(*p));
        size_t len = strcspn(s, "&");
        const char *equals = memchr(s, '=', len);
        size_t name_len = equals ? (size_t)(equals - s) : len;

        p->name = decode(x->arena, s, name_len, true);
        p->value = equals ? decode(x->arena, equals + 1, len - name_len - 1, true) : "";
        if (!p->name || !p->value)
            return false;
        *tail = p;
        tail = &p->next;
        s += len;
        s += *s == '&';
    }
    return true;
}

/* "/a/b" has the segments "a" and "b". */
static bool path_parse(struct http_exchange *x)
{
    const char *s = x->req.path;

    while (*s == '/') {
        size_t len = strcspn(++s, "/");
        const char *segment = decode(x->arena, s, len, false);

        if (!segment)
            return false;
        if (x->nsegments < HTTP_MAX_SEGMENTS) /* no route has more */
            x->segments[x->nsegments] = segment;
        x->nsegments++;
        s += len;
    }
    return true;
}

struct err http_target_parse(struct http_exchange *x)
{
    size_t len = strcspn(x->target, "?");
    const char *query = x->target + len;

    x->req.path = "/"; /* for the error's document */
    if (x->target[0] != '/')
        return (struct err){ERR_INVALID, "the request target must begin with /"};
    for (const char *s = x->target; *s; s++)
        if (*s <= ' ' || *s > '~')
            return (struct err){ERR_INVALID, "the request target has bytes that must be escaped"};
    x->req.path = arena_strndup(x->arena, x->target, len);
    if (!path_parse(x))
        return (struct err){ERR_INVALID, "the path has a broken escape"};
    if (!query_parse(x, query + (*query == '?')))
        return (struct err){ERR_INVALID, "the query has a broken escape"};
    return OK;
}

const char *http_query(const struct http_request *req, const char *name)
{
    const struct http_exchange *x = req->impl;

    for (const struct http_param *p = x->query; p; p = p->next)
        if (strcmp(p->name, name) == 0)
            return p->value;
    return NULL;
}

/* --- routes --------------------------------------------------------------- */

/* Match "/orders/x" against "/orders/" + "*", collecting what each '*' stood for. */
static bool match(struct http_exchange *x, const char *pattern)
{
    size_t i = 0, n = 0;

    memset(x->req.param, 0, sizeof(x->req.param));
    for (; *pattern == '/'; i++) {
        bool more = i < x->nsegments && i < HTTP_MAX_SEGMENTS;
        const char *want = pattern + 1, *have = more ? x->segments[i] : NULL;
        size_t len = strcspn(want, "/");

        pattern = want + len;
        if (!have)
            return false;
        if (len == 1 && *want == '*') {
            if (*have == '\0' || n == HTTP_MAX_PATH_PARAMS)
                return false;
            x->req.param[n++] = have;
        } else if (strlen(have) != len || memcmp(have, want, len) != 0) {
            return false;
        }
    }
    return i == x->nsegments;
}

static bool method_fits(const char *asked, const char *offered)
{
    return strcmp(asked, offered) == 0 ||
           (strcmp(asked, "HEAD") == 0 && strcmp(offered, "GET") == 0);
}

static void allow(struct http_exchange *x, const char *method)
{
    const char *also = strcmp(method, "GET") == 0 ? "GET, HEAD" : method;

    x->allow = x->allow ? arena_printf(x->arena, "%s, %s", x->allow, also) : also;
}

const struct http_route *http_route_find(struct http_exchange *x, const struct http_route routes[],
                                         size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!match(x, routes[i].pattern))
            continue;
        if (method_fits(x->req.method, routes[i].method)) {
            x->allow = NULL;
            return &routes[i];
        }
        allow(x, routes[i].method);
    }
    return NULL;
}
