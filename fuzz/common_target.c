/* common_target.c - request targets: decoding of path and query, matching of routes. One
 * that is accepted, taken apart and escaped anew, is understood in the same way. */
#include <string.h>

#include "arena.h"
#include "fuzz.h"
#include "http_internal.h"

static const struct http_route routes[] = {
    {.method = "GET",  .pattern = "/a"       },
    {.method = "POST", .pattern = "/a"       },
    {.method = "GET",  .pattern = "/a/totals"},
    {.method = "GET",  .pattern = "/a/*"     },
    {.method = "POST", .pattern = "/a/*/b/*" },
};

static struct http_exchange exchange(struct arena *a, const char *target)
{
    return (struct http_exchange){.arena = a, .target = target, .req = {.method = "GET"}};
}

/* 'c', and then every byte of 's' as %XX. */
static char *append(char *at, char c, const char *s)
{
    *at++ = c;
    for (; *s; s++) {
        *at++ = '%';
        *at++ = "0123456789abcdef"[(unsigned char)*s >> 4];
        *at++ = "0123456789ABCDEF"[(unsigned char)*s & 15];
    }
    return at;
}

static const char *written(struct arena *a, const struct http_exchange *x)
{
    char *text = arena_alloc(a, 4 * strlen(x->target) + 3), *at = text, separator = '?';

    for (size_t i = 0; i < x->nsegments; i++)
        at = append(at, '/', x->segments[i]);
    for (const struct http_param *p = x->query; p; p = p->next, separator = '&')
        at = append(append(at, separator, p->name), '=', p->value);
    return text;
}

static void must_be_same(const struct http_exchange *x, const struct http_exchange *y)
{
    const struct http_param *p = x->query, *q = y->query;

    must(x->nsegments == y->nsegments);
    for (size_t i = 0; i < x->nsegments; i++)
        must(strcmp(x->segments[i], y->segments[i]) == 0 && fuzz_is_utf8(x->segments[i]));
    for (; p && q; p = p->next, q = q->next)
        must(strcmp(p->name, q->name) == 0 && strcmp(p->value, q->value) == 0);
    must(!p && !q);
}

static const struct http_route *must_fit(struct http_exchange *x)
{
    const size_t n = sizeof(routes) / sizeof(routes[0]);
    const struct http_route *route = http_route_find(x, routes, n);

    if (!route)
        return NULL;
    must(!x->allow && strcmp(route->method, "GET") == 0);
    must((strchr(route->pattern, '*') != NULL) == (x->req.param[0] && *x->req.param[0]));
    return route;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    struct http_exchange x = exchange(a, fuzz_text(a, data, len)), y;
    struct err err = http_target_parse(&x);

    if (err.code) {
        fuzz_must_explain(a, err);
    } else if (x.nsegments <= HTTP_MAX_SEGMENTS) {
        y = exchange(a, written(a, &x));
        must(http_target_parse(&y).code == ERR_OK);
        must_be_same(&x, &y);
        must(must_fit(&x) == must_fit(&y));
    } else {
        must(!must_fit(&x) && !x.allow);
    }
    arena_free(a);
    return 0;
}
