/* page.h - lists by opaque cursor (keyset pagination).
 *
 * ?limit=1..100 (20 unless given) and ?cursor=. A cursor holds the position after
 * which the next page begins: the sort key of the last item of this one. */
#ifndef COMMON_PAGE_H
#define COMMON_PAGE_H

#include <stdint.h>

#include "err.h"
#include "http.h"

enum { PAGE_DEFAULT = 20, PAGE_MAX = 100, PAGE_MAX_KEY = 128 };

struct page {
    int64_t limit;     /* ask the store for one more, to know whether there is a next page */
    const char *after; /* NULL: from the beginning */
};

struct json_out;

/* ERR_INVALID: a limit out of range, a cursor that is none of ours. */
struct err page_read(struct ctx *ctx, const struct http_request *req, struct page *out) MUST_CHECK;

/* The member "next_cursor" for the page that ends with 'last', a key of at most
 * PAGE_MAX_KEY bytes without control characters (NULL: no more pages, null). */
void page_write(struct json_out *j, const char *last);

#endif
