/* schema.c - JSON Schema, as far as contracts/ uses it. */
#include "schema.h"

#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "document.h"

enum { MAX_PATH = 256, MAX_FAULT = 512 };

/* --- one value ------------------------------------------------------------ */

struct check {
    const cJSON *document;
    bool closed;
    char path[MAX_PATH]; /* of the value, for messages */
};

static _Thread_local char fault[MAX_FAULT];

static bool fits(struct check *c, const cJSON *schema, const cJSON *value);

static bool refuse(const struct check *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
static bool refuse(const struct check *c, const char *fmt, ...)
{
    int n = snprintf(fault, sizeof(fault), "%s: ", *c->path ? c->path : "(all)");
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(fault + n, sizeof(fault) - (size_t)n, fmt, ap);
    va_end(ap);
    return false;
}

/* Go down to 'name' and come back. */
static bool fits_below(struct check *c, const char *name, const cJSON *schema, const cJSON *value)
{
    const size_t len = strlen(c->path);
    bool fine;

    snprintf(c->path + len, sizeof(c->path) - len, "%s%s", len && *name != '[' ? "." : "", name);
    fine = fits(c, schema, value);
    c->path[len] = '\0';
    return fine;
}

static bool is_whole(const cJSON *value)
{
    return cJSON_IsNumber(value) && value->valuedouble == (double)(long long)value->valuedouble;
}

static bool is_of_type(const char *type, const cJSON *value)
{
    return (strcmp(type, "string") == 0 && cJSON_IsString(value)) ||
           (strcmp(type, "integer") == 0 && is_whole(value)) ||
           (strcmp(type, "number") == 0 && cJSON_IsNumber(value)) ||
           (strcmp(type, "boolean") == 0 && cJSON_IsBool(value)) ||
           (strcmp(type, "null") == 0 && cJSON_IsNull(value)) ||
           (strcmp(type, "object") == 0 && cJSON_IsObject(value)) ||
           (strcmp(type, "array") == 0 && cJSON_IsArray(value));
}

/* --- the keywords --------------------------------------------------------- */

static bool check_ref(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    const cJSON *to = document_resolve(c->document, schema);

    return to ? fits(c, to, value) : refuse(c, "%s leads nowhere", arg->valuestring);
}

static bool check_all_of(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    const cJSON *one;

    (void)schema;
    cJSON_ArrayForEach (one, arg) {
        if (!fits(c, one, value))
            return false;
    }
    return true;
}

static bool check_type(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    const cJSON *one;

    (void)schema;
    if (cJSON_IsString(arg))
        return is_of_type(arg->valuestring, value) || refuse(c, "is no %s", arg->valuestring);
    cJSON_ArrayForEach (one, arg) {
        if (is_of_type(one->valuestring, value))
            return true;
    }
    return refuse(c, "is of none of the types");
}

static bool check_const(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    (void)schema;
    return cJSON_Compare(arg, value, true) || refuse(c, "is not what it always is");
}

static bool check_enum(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    const cJSON *one;

    (void)schema;
    cJSON_ArrayForEach (one, arg) {
        if (cJSON_Compare(one, value, true))
            return true;
    }
    return refuse(c, "is none of the words: %s", cJSON_IsString(value) ? value->valuestring : "?");
}

static bool check_minimum(struct check *c, const cJSON *arg, const cJSON *schema,
                          const cJSON *value)
{
    (void)schema;
    return !cJSON_IsNumber(value) || value->valuedouble >= arg->valuedouble ||
           refuse(c, "is below %.0f", arg->valuedouble);
}

static bool check_maximum(struct check *c, const cJSON *arg, const cJSON *schema,
                          const cJSON *value)
{
    (void)schema;
    return !cJSON_IsNumber(value) || value->valuedouble <= arg->valuedouble ||
           refuse(c, "is above %.0f", arg->valuedouble);
}

/* In characters, not bytes. */
static double length_of(const cJSON *value)
{
    double n = 0;

    for (const char *s = value->valuestring; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static bool check_min_length(struct check *c, const cJSON *arg, const cJSON *schema,
                             const cJSON *value)
{
    (void)schema;
    return !cJSON_IsString(value) || length_of(value) >= arg->valuedouble ||
           refuse(c, "is too short");
}

static bool check_max_length(struct check *c, const cJSON *arg, const cJSON *schema,
                             const cJSON *value)
{
    (void)schema;
    return !cJSON_IsString(value) || length_of(value) <= arg->valuedouble ||
           refuse(c, "is too long");
}

static bool check_max_bytes(struct check *c, const cJSON *arg, const cJSON *schema,
                            const cJSON *value)
{
    (void)schema;
    return !cJSON_IsString(value) || (double)strlen(value->valuestring) <= arg->valuedouble ||
           refuse(c, "has too many bytes");
}

static bool matches(struct check *c, const char *pattern, const cJSON *value)
{
    regex_t re;
    bool fine;

    if (!cJSON_IsString(value))
        return true;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return refuse(c, "has a pattern that is none: %s", pattern);
    fine = regexec(&re, value->valuestring, 0, NULL, 0) == 0;
    regfree(&re);
    return fine || refuse(c, "is not of the form %s: %s", pattern, value->valuestring);
}

static bool check_pattern(struct check *c, const cJSON *arg, const cJSON *schema,
                          const cJSON *value)
{
    (void)schema;
    return matches(c, arg->valuestring, value);
}

#define HEX "[0-9a-fA-F]"
static bool check_format(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    (void)schema;
    if (strcmp(arg->valuestring, "uuid") == 0)
        return matches(c, "^" HEX "{8}(-" HEX "{4}){3}-" HEX "{12}$", value);
    if (strcmp(arg->valuestring, "date-time") == 0)
        return matches(c, "^20[0-9]{2}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}\\.[0-9]{3}Z$", value);
    return refuse(c, "has an unknown format, %s", arg->valuestring);
}

static bool check_required(struct check *c, const cJSON *arg, const cJSON *schema,
                           const cJSON *value)
{
    const cJSON *name;

    (void)schema;
    cJSON_ArrayForEach (name, arg) {
        if (cJSON_IsObject(value) && !cJSON_GetObjectItemCaseSensitive(value, name->valuestring))
            return refuse(c, "%s is missing", name->valuestring);
    }
    return true;
}

static bool check_properties(struct check *c, const cJSON *arg, const cJSON *schema,
                             const cJSON *value)
{
    const bool closed =
        c->closed ||
        cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties"));
    const cJSON *member;

    if (!cJSON_IsObject(value))
        return true;
    cJSON_ArrayForEach (member, value) {
        const cJSON *below = cJSON_GetObjectItemCaseSensitive(arg, member->string);

        if (!below && closed)
            return refuse(c, "%s is not described", member->string);
        if (below && !fits_below(c, member->string, below, member))
            return false;
    }
    return true;
}

static bool check_items(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value)
{
    const cJSON *item;
    int i = 0;

    (void)schema;
    if (!cJSON_IsArray(value))
        return true;
    cJSON_ArrayForEach (item, value) {
        char name[32];

        snprintf(name, sizeof(name), "[%d]", i++);
        if (!fits_below(c, name, arg, item))
            return false;
    }
    return true;
}

static bool check_min_items(struct check *c, const cJSON *arg, const cJSON *schema,
                            const cJSON *value)
{
    (void)schema;
    return !cJSON_IsArray(value) || cJSON_GetArraySize(value) >= arg->valuedouble ||
           refuse(c, "has too few items");
}

static bool check_max_items(struct check *c, const cJSON *arg, const cJSON *schema,
                            const cJSON *value)
{
    (void)schema;
    return !cJSON_IsArray(value) || cJSON_GetArraySize(value) <= arg->valuedouble ||
           refuse(c, "has too many items");
}

/* Of items: no two have the same in this member. JSON Schema has no word for it. */
static bool check_distinct(struct check *c, const cJSON *arg, const cJSON *schema,
                           const cJSON *value)
{
    const cJSON *one, *other;

    (void)schema;
    for (one = cJSON_IsArray(value) ? value->child : NULL; one; one = one->next)
        for (other = one->next; other; other = other->next)
            if (cJSON_Compare(cJSON_GetObjectItemCaseSensitive(one, arg->valuestring),
                              cJSON_GetObjectItemCaseSensitive(other, arg->valuestring), true))
                return refuse(c, "has the same %s twice", arg->valuestring);
    return true;
}

/* At least one member is there and not null. */
static bool check_some_given(struct check *c, const cJSON *arg, const cJSON *schema,
                             const cJSON *value)
{
    const cJSON *one;

    (void)arg, (void)schema;
    cJSON_ArrayForEach (one, value) {
        if (!cJSON_IsNull(one))
            return true;
    }
    return refuse(c, "has nothing in it");
}

static const struct keyword {
    const char *name;
    /* NULL: for people, or looked at together with another */
    bool (*check)(struct check *c, const cJSON *arg, const cJSON *schema, const cJSON *value);
} keywords[] = {
    {"$ref",                 check_ref       },
    {"additionalProperties", NULL            },
    {"allOf",                check_all_of    },
    {"const",                check_const     },
    {"default",              NULL            },
    {"description",          NULL            },
    {"enum",                 check_enum      },
    {"examples",             NULL            },
    {"format",               check_format    },
    {"items",                check_items     },
    {"maxItems",             check_max_items },
    {"maxLength",            check_max_length},
    {"maximum",              check_maximum   },
    {"minItems",             check_min_items },
    {"minLength",            check_min_length},
    {"minimum",              check_minimum   },
    {"pattern",              check_pattern   },
    {"properties",           check_properties},
    {"required",             check_required  },
    {"type",                 check_type      },
    {"x-distinct",           check_distinct  },
    {"x-maxBytes",           check_max_bytes },
    {"x-someGiven",          check_some_given},
};

static const struct keyword *find_keyword(const char *name)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    return NULL;
}

static bool fits(struct check *c, const cJSON *schema, const cJSON *value)
{
    const cJSON *arg;

    cJSON_ArrayForEach (arg, schema) {
        const struct keyword *k = find_keyword(arg->string);

        if (!k)
            return refuse(c, "has a schema with an unknown keyword, %s", arg->string);
        if (k->check && !k->check(c, arg, schema, value))
            return false;
    }
    return true;
}

const char *schema_fault(const cJSON *document, const cJSON *schema, const cJSON *value,
                         bool closed)
{
    struct check c = {.document = document, .closed = closed};

    return fits(&c, schema, value) ? NULL : fault;
}
