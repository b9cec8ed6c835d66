/* page.h - lists by opaque cursor (keyset pagination).
 *
 * ?limit=1..100 (20 unless given) and ?cursor=. A cursor holds the position after
 * which the next page begins: the sort key of the last item of this one. */
#ifndef COMMON_PAGE_H
#define COMMON_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "http.h"

enum { PAGE_DEFAULT = 20, PAGE_MAX = 100, PAGE_MAX_KEY = 128 };

struct page {
    int64_t limit;     /* ask the store for one more, to know whether there is a next page */
    const char *after; /* NULL: from the beginning */
};

struct json_out;

/* ERR_INVALID: a limit out of range, a cursor that is none of ours, a position that is
 * not 'valid' (id_valid for lists sorted by id). */
struct err page_read(struct ctx *ctx, const struct http_request *req, bool (*valid)(const char *),
                     struct page *out) MUST_CHECK;

/* Begin {"items":[ and say how many of the 'n' items that the store gave belong to the
 * page; then write them. */
size_t page_open(struct json_out *j, const struct page *p, size_t n);

/* End with ],"next_cursor":…} for the page that ends with 'last', a key of at most
 * PAGE_MAX_KEY bytes without control characters (NULL: no more pages, null). */
void page_close(struct json_out *j, const char *last);

#endif
