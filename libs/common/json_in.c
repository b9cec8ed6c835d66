/* json_in.c - readers on top of cJSON, behind a scan that is stricter than cJSON. */
#include "json_in.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "id.h"
#include "json_scan.h"

/* Set in an item's type when a reader asked for it. cJSON itself looks at the low
 * ten bits only and leaves the others alone. */
enum { WAS_READ = 1 << 16 };

/* Doubles, which is what cJSON reads, are exact up to here: the range of RFC 8259, 6. */
#define MAX_EXACT INT64_C(9007199254740991)

static void free_tree(void *tree)
{
    cJSON_Delete(tree);
}

static void mistake(const struct json_in *in, const char *msg)
{
    if (in->err->code == ERR_OK)
        *in->err = (struct err){ERR_INVALID, msg};
}

void json_in_refuse(const struct json_in *in, const char *key, const char *what)
{
    if (in->err->code == ERR_OK)
        mistake(in, arena_printf(in->arena, "%s%s %s", in->path, key, what));
}

/* --- parsing ------------------------------------------------------------------------ */

/* The name of the first member of 'object' with some fault, or NULL. */
typedef const char *object_check(struct arena *a, const cJSON *object);

/* The path of the first member at fault, the outermost first, or NULL. It is put together
 * on the way back: paths of many objects under one long name would fill any memory.
 * Recursion is bounded: json_scan() has seen to the depth. */
static const char *find_fault(struct arena *a, const cJSON *node, object_check *check)
{
    const bool is_object = cJSON_IsObject(node);
    const char *fault = is_object ? check(a, node) : NULL;
    const cJSON *child;
    size_t i = 0;

    if (fault)
        return fault;
    cJSON_ArrayForEach (child, node) {
        const char *dot = cJSON_IsArray(child) ? "" : ".";

        fault = child->child ? find_fault(a, child, check) : NULL;
        if (fault)
            return is_object ? arena_printf(a, "%s%s%s", child->string, dot, fault)
                             : arena_printf(a, "[%zu]%s%s", i, dot, fault);
        i++;
    }
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, so that a body full of members costs no quadratic time. */
static const char *duplicate(struct arena *a, const cJSON *object)
{
    size_t n = (size_t)cJSON_GetArraySize(object), i = 0;
    const char **names = arena_array(a, const char *, n);
    const cJSON *item;

    cJSON_ArrayForEach (item, object)
        names[i++] = item->string;
    qsort(names, n, sizeof(names[0]), by_name);
    for (i = 1; i < n; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return names[i];
    return NULL;
}

static const char *unread(struct arena *a, const cJSON *object)
{
    const cJSON *item;

    (void)a;
    cJSON_ArrayForEach (item, object)
        if (!(item->type & WAS_READ))
            return item->string;
    return NULL;
}

static void refuse_text(const struct json_in *in, const char *wrong, ptrdiff_t at)
{
    mistake(in, arena_printf(in->arena, "body %s (near byte %td)", wrong, at + 1));
}

/* NULL: refused. Not cJSON_GetErrorPtr(), which is a global. */
static cJSON *parse(const struct json_in *in, const char *text, size_t len)
{
    const int no_trailing_text = 1;
    const char *wrong, *end;
    cJSON *tree;

    if (strspn(text, " \t\n\r") == len) {
        mistake(in, "body is empty");
        return NULL;
    }
    wrong = json_scan(text, len, JSON_MAX_DEPTH, &end);
    if (wrong) {
        refuse_text(in, wrong, end - text);
        return NULL;
    }
    tree = cJSON_ParseWithOpts(text, &end, no_trailing_text);
    if (!tree)
        refuse_text(in, "is not valid JSON", end - text);
    return tree;
}

struct json_in json_in_parse(struct arena *a, const char *text, size_t len)
{
    struct json_in in = {.arena = a, .path = "", .err = arena_alloc(a, sizeof(struct err))};
    cJSON *tree = parse(&in, arena_strndup(a, text, len), len);
    const char *fault;

    if (!tree)
        return in;
    arena_defer(a, free_tree, tree);
    if (!cJSON_IsObject(tree)) {
        mistake(&in, "body must be a JSON object");
        return in;
    }
    in.obj = tree;
    fault = find_fault(a, tree, duplicate);
    if (fault)
        json_in_refuse(&in, fault, "appears twice");
    return in;
}

struct err json_in_done(const struct json_in *in)
{
    return *in->err;
}

struct err json_in_done_strict(const struct json_in *in)
{
    const char *fault = in->err->code ? NULL : find_fault(in->arena, in->obj, unread);

    if (fault)
        mistake(in, arena_printf(in->arena, "unknown member %s%s", in->path, fault));
    return *in->err;
}

/* --- readers ------------------------------------------------------------------------ */

/* NULL after any mistake: then the readers complain in vain, for the first one won. */
static const cJSON *find(const struct json_in *in, const char *key)
{
    cJSON *item;

    if (in->err->code || !in->obj)
        return NULL;
    item = cJSON_GetObjectItemCaseSensitive(in->obj, key);
    if (item)
        item->type |= WAS_READ;
    return item;
}

static const cJSON *required(const struct json_in *in, const char *key)
{
    const cJSON *item = find(in, key);

    if (!item && in->err->code == ERR_OK)
        mistake(in, arena_printf(in->arena, "missing member %s%s", in->path, key));
    return item;
}

/* NULL: absent or null. */
static const cJSON *optional(const struct json_in *in, const char *key)
{
    const cJSON *item = find(in, key);

    return cJSON_IsNull(item) ? NULL : item;
}

static const char *str_value(const struct json_in *in, const char *key, const cJSON *item,
                             size_t min, size_t max)
{
    size_t len;

    if (!cJSON_IsString(item)) {
        json_in_refuse(in, key, "must be a string");
        return "";
    }
    len = strlen(item->valuestring);
    if (len >= min && len <= max)
        return item->valuestring;
    json_in_refuse(in, key,
                   min == max ? arena_printf(in->arena, "must be %zu bytes long", max)
                   : min      ? arena_printf(in->arena, "must be %zu to %zu bytes long", min, max)
                              : arena_printf(in->arena, "must be at most %zu bytes long", max));
    return "";
}

static int64_t int_value(const struct json_in *in, const char *key, const cJSON *item, int64_t min,
                         int64_t max)
{
    /* Never valueint: it saturates at INT_MAX. */
    const double d = cJSON_IsNumber(item) ? item->valuedouble : NAN;

    if (isnan(d) || d != floor(d)) {
        json_in_refuse(in, key, "must be a whole number");
        return 0;
    }
    if (min < -MAX_EXACT)
        min = -MAX_EXACT;
    if (max > MAX_EXACT)
        max = MAX_EXACT;
    if (d < (double)min || d > (double)max) {
        json_in_refuse(
            in, key, arena_printf(in->arena, "must be between %" PRId64 " and %" PRId64, min, max));
        return 0;
    }
    return (int64_t)d;
}

const char *json_in_str(const struct json_in *in, const char *key, size_t min, size_t max)
{
    const cJSON *item = required(in, key);

    return item ? str_value(in, key, item, min, max) : "";
}

const char *json_in_str_or(const struct json_in *in, const char *key, size_t min, size_t max,
                           const char *fallback)
{
    const cJSON *item = optional(in, key);

    return item ? str_value(in, key, item, min, max) : fallback;
}

const char *json_in_id(const struct json_in *in, const char *key)
{
    const cJSON *item = required(in, key);

    if (item && cJSON_IsString(item) && id_valid(item->valuestring))
        return item->valuestring;
    json_in_refuse(in, key, "must be a UUID in lower case");
    return "";
}

int64_t json_in_int(const struct json_in *in, const char *key, int64_t min, int64_t max)
{
    const cJSON *item = required(in, key);

    return item ? int_value(in, key, item, min, max) : 0;
}

int64_t json_in_int_or(const struct json_in *in, const char *key, int64_t min, int64_t max,
                       int64_t fallback)
{
    const cJSON *item = optional(in, key);

    return item ? int_value(in, key, item, min, max) : fallback;
}

bool json_in_bool_or(const struct json_in *in, const char *key, bool fallback)
{
    const cJSON *item = optional(in, key);

    if (item && !cJSON_IsBool(item))
        json_in_refuse(in, key, "must be true or false");
    return cJSON_IsBool(item) ? cJSON_IsTrue(item) : fallback;
}

struct json_in json_in_obj(const struct json_in *in, const char *key)
{
    const cJSON *item = required(in, key);

    if (item && !cJSON_IsObject(item))
        json_in_refuse(in, key, "must be an object");
    return (struct json_in){
        .arena = in->arena,
        .obj = cJSON_IsObject(item) ? item : NULL,
        .path = arena_printf(in->arena, "%s%s.", in->path, key),
        .err = in->err,
    };
}

/* An entry that is no object gets a reader all the same, so that callers may loop
 * over all of them without a look at each. */
static void read_items(const struct json_in *in, const char *key, const cJSON *list,
                       struct json_in items[])
{
    const cJSON *item;
    size_t i = 0;

    cJSON_ArrayForEach (item, list) {
        const char *name = arena_printf(in->arena, "%s[%zu]", key, i);

        if (!cJSON_IsObject(item))
            json_in_refuse(in, name, "must be an object");
        items[i++] = (struct json_in){
            .arena = in->arena,
            .obj = cJSON_IsObject(item) ? item : NULL,
            .path = arena_printf(in->arena, "%s%s.", in->path, name),
            .err = in->err,
        };
    }
}

size_t json_in_list(const struct json_in *in, const char *key, size_t min, size_t max,
                    struct json_in **items)
{
    const cJSON *list = required(in, key);
    size_t n = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;

    *items = NULL;
    if (!list)
        return 0;
    if (!cJSON_IsArray(list)) {
        json_in_refuse(in, key, "must be a list");
        return 0;
    }
    if (n < min || n > max) {
        json_in_refuse(in, key, arena_printf(in->arena, "must have %zu to %zu entries", min, max));
        return 0;
    }
    *items = arena_array(in->arena, struct json_in, n);
    read_items(in, key, list, *items);
    return n;
}
