/* generate.c - values that fit a schema. */
#include "generate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

enum { A_FEW = 4, MAX_TEXT = 1024 };

static const cJSON *member(const cJSON *schema, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(schema, name);
}

static int64_t number_or(const cJSON *schema, const char *name, int64_t fallback)
{
    const cJSON *n = member(schema, name);

    return n ? (int64_t)n->valuedouble : fallback;
}

static bool one_in(struct rng *rng, int n)
{
    return rng_between(rng, 0, n) == 0;
}

static const cJSON *any_item(struct rng *rng, const cJSON *list)
{
    return cJSON_GetArrayItem(list, (int)rng_between(rng, 0, cJSON_GetArraySize(list)));
}

/* At a bound as often as between them. */
static int64_t between(struct rng *rng, int64_t least, int64_t most, int64_t usual)
{
    if (one_in(rng, 4))
        return one_in(rng, 2) ? least : most;
    return rng_between(rng, least, (most - least > usual ? least + usual : most) + 1);
}

static cJSON *some_integer(struct rng *rng, const cJSON *schema)
{
    const int64_t least = number_or(schema, "minimum", 0);

    return cJSON_CreateNumber(
        (double)between(rng, least, number_or(schema, "maximum", INT64_C(1) << 40), 100));
}

static cJSON *some_letters(struct rng *rng, const cJSON *schema)
{
    const int64_t least = number_or(schema, "minLength", 0);
    const int64_t most = number_or(schema, "maxLength", number_or(schema, "x-maxBytes", 40));
    char text[MAX_TEXT];
    int64_t n = between(rng, least, most < MAX_TEXT - 1 ? most : MAX_TEXT - 1, 20);

    for (int64_t i = 0; i < n; i++)
        text[i] = (char)('a' + rng_between(rng, 0, 26));
    text[n] = '\0';
    return cJSON_CreateString(text);
}

static cJSON *some_string(struct rng *rng, const cJSON *schema)
{
    static const char uuid[] =
        "^0190[0-9a-f]{4}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$";
    static const char time[] = "^2026-0[1-9]-1[0-9]T1[0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z$";
    const char *format = cJSON_GetStringValue(member(schema, "format"));
    const char *pattern = cJSON_GetStringValue(member(schema, "pattern"));

    if (member(schema, "examples") && one_in(rng, 3))
        return cJSON_Duplicate(any_item(rng, member(schema, "examples")), true);
    if (format)
        return cJSON_CreateString(generate_text(rng, strcmp(format, "uuid") == 0 ? uuid : time));
    if (pattern && *pattern == '^')
        return cJSON_CreateString(generate_text(rng, pattern));
    return some_letters(rng, schema);
}

static bool is_required(const cJSON *schema, const char *name)
{
    const cJSON *one;

    cJSON_ArrayForEach (one, member(schema, "required")) {
        if (strcmp(one->valuestring, name) == 0)
            return true;
    }
    return false;
}

static cJSON *some_object(struct rng *rng, const cJSON *document, const cJSON *schema)
{
    cJSON *made = cJSON_CreateObject();
    const cJSON *property;

    cJSON_ArrayForEach (property, member(schema, "properties")) {
        if (is_required(schema, property->string) || one_in(rng, 2))
            cJSON_AddItemToObject(made, property->string, generate(rng, document, property));
    }
    return made;
}

/* x-distinct: drop what an item before has already. */
static void make_distinct(cJSON *list, const char *name)
{
    for (int i = cJSON_GetArraySize(list) - 1; i > 0; i--)
        for (int j = 0; j < i; j++)
            if (cJSON_Compare(member(cJSON_GetArrayItem(list, i), name),
                              member(cJSON_GetArrayItem(list, j), name), true)) {
                cJSON_DeleteItemFromArray(list, i);
                break;
            }
}

static cJSON *some_array(struct rng *rng, const cJSON *document, const cJSON *schema)
{
    const int64_t least = number_or(schema, "minItems", 0);
    int64_t n = between(rng, least, number_or(schema, "maxItems", A_FEW), A_FEW);
    cJSON *made = cJSON_CreateArray();

    while (n-- > 0)
        cJSON_AddItemToArray(made, generate(rng, document, member(schema, "items")));
    if (member(schema, "x-distinct"))
        make_distinct(made, member(schema, "x-distinct")->valuestring);
    return made;
}

static const char *a_type(struct rng *rng, const cJSON *schema)
{
    const cJSON *type = member(schema, "type");

    if (cJSON_IsArray(type)) /* the first one is meant, the other is null */
        type = one_in(rng, 4) ? any_item(rng, type) : cJSON_GetArrayItem(type, 0);
    return cJSON_IsString(type) ? type->valuestring : "null";
}

cJSON *generate(struct rng *rng, const cJSON *document, const cJSON *schema)
{
    const char *type;

    schema = document_resolve(document, schema);
    if (member(schema, "const"))
        return cJSON_Duplicate(member(schema, "const"), true);
    if (member(schema, "enum"))
        return cJSON_Duplicate(any_item(rng, member(schema, "enum")), true);
    type = a_type(rng, schema);
    if (strcmp(type, "object") == 0)
        return some_object(rng, document, schema);
    if (strcmp(type, "array") == 0)
        return some_array(rng, document, schema);
    if (strcmp(type, "integer") == 0)
        return some_integer(rng, schema);
    if (strcmp(type, "string") == 0)
        return some_string(rng, schema);
    return strcmp(type, "boolean") == 0 ? cJSON_CreateBool(one_in(rng, 2)) : cJSON_CreateNull();
}
