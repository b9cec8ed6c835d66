/* json_scan.h - what cJSON lets pass and JSON (RFC 8259) or we do not. */
#ifndef COMMON_JSON_SCAN_H
#define COMMON_JSON_SCAN_H

#include <stddef.h>

/* One pass over the NUL-terminated text before it is parsed. Refused: invalid UTF-8,
 * control characters, an escaped NUL (cJSON would cut the string there), \u without
 * four hex digits (cJSON reads that as NUL too), numbers like 01 or 1., more than
 * 'max_depth' levels. NULL: nothing of that; all else is cJSON's to judge. Otherwise
 * what is wrong, as in "is not valid UTF-8", and *at says where. */
const char *json_scan(const char *text, size_t len, int max_depth, const char **at);

#endif
