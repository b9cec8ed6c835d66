/* json_out.h - write JSON by appending to a buffer in an arena.
 *
 *   struct json_out j = json_out_new(arena);
 *   json_out_open(&j, NULL, '{');
 *   json_out_str(&j, "id", o->id);
 *   json_out_open(&j, "lines", '[');  …  json_out_close(&j, ']');
 *   json_out_close(&j, '}');
 *   body = json_out_text(&j);
 *
 * 'key' is NULL inside arrays and for the outermost value. Commas and escapes are
 * taken care of; integers keep all their digits (cJSON's do not). */
#ifndef COMMON_JSON_OUT_H
#define COMMON_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct json_out {
    struct arena *arena;
    char *text;
    size_t len, cap;
};

struct json_out json_out_new(struct arena *a);
void json_out_open(struct json_out *j, const char *key, char bracket);     /* '{' or '[' */
void json_out_close(struct json_out *j, char bracket);                     /* '}' or ']' */
void json_out_str(struct json_out *j, const char *key, const char *value); /* NULL: null */
void json_out_int(struct json_out *j, const char *key, int64_t value);
void json_out_bool(struct json_out *j, const char *key, bool value);
void json_out_raw(struct json_out *j, const char *key, const char *json); /* as it is */

/* What was written so far, NUL-terminated; valid until more is written. */
const char *json_out_text(const struct json_out *j);

/* The first character of *s as it stands in a JSON string: itself, its escape, or
 * U+FFFD for a byte that is no UTF-8. Moves *s on; returns the bytes put in 'out'. */
enum { JSON_ESCAPE_MAX = 6 };
size_t json_escape(const char **s, char out[JSON_ESCAPE_MAX]);

#endif
