/* json_in.h - read JSON into C values, remembering the first mistake.
 *
 * Readers never fail one by one: after the first mistake they return zero values
 * ("", never NULL; optional ones their fallback; no list items), and the final call
 * reports that mistake with its path ("lines[0].quantity must be between 1 and
 * 1000"). So a decoder reads like the schema that it implements, with one check at
 * the end.
 *
 * Refused as a whole, before any reader runs: text that is not one JSON object,
 * trailing text, invalid UTF-8, an escaped NUL, a key that repeats, nesting
 * deeper than JSON_MAX_DEPTH. Strings live as long as the arena. */
#ifndef COMMON_JSON_IN_H
#define COMMON_JSON_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum { JSON_MAX_DEPTH = 16 };

struct cJSON;

struct json_in {
    struct arena *arena;
    const struct cJSON *obj; /* NULL: missing or no object; readers then complain */
    const char *path;        /* of this object, for messages: "" or "lines[0]." */
    struct err *err;         /* shared by all readers of one document */
};

struct json_in json_in_parse(struct arena *a, const char *text, size_t len);

/* The first mistake (ERR_INVALID), or OK. 'strict' also refuses members of 'in', at
 * any depth, that no reader asked for: right for requests, wrong for events, whose
 * authors may add members. */
struct err json_in_done(const struct json_in *in) MUST_CHECK;
struct err json_in_done_strict(const struct json_in *in) MUST_CHECK;

/* Required members. Lengths are in bytes of UTF-8. Integers are taken up to 2^53 - 1,
 * the range in which JSON's numbers are exact, whatever 'min' and 'max' allow. */
const char *json_in_str(const struct json_in *in, const char *key, size_t min, size_t max);
const char *json_in_id(const struct json_in *in, const char *key); /* a UUID */
int64_t json_in_int(const struct json_in *in, const char *key, int64_t min, int64_t max);
struct json_in json_in_obj(const struct json_in *in, const char *key);
size_t json_in_list(const struct json_in *in, const char *key, size_t min, size_t max,
                    struct json_in **items); /* of objects */

/* Optional members: 'fallback' when absent or null, a mistake when of a wrong type. */
const char *json_in_str_or(const struct json_in *in, const char *key, size_t min, size_t max,
                           const char *fallback);
int64_t json_in_int_or(const struct json_in *in, const char *key, int64_t min, int64_t max,
                       int64_t fallback);
bool json_in_bool_or(const struct json_in *in, const char *key, bool fallback);

/* Record a mistake that the caller found in 'key'; the first one wins. */
void json_in_refuse(const struct json_in *in, const char *key, const char *what);

#endif
