/* generate_fault.c - values that just do not fit a schema. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "generate.h"
#include "schema.h"

enum { MAX_SPOTS = 200, TRIES = 50, FAR_TOO_LONG = 5000 };

/* A place in the value, and what is to be there. */
struct spot {
    cJSON *parent, *node;
    const cJSON *schema;
};

struct spots {
    const cJSON *document;
    struct spot list[MAX_SPOTS];
    size_t n;
};

static const cJSON *member(const cJSON *schema, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(schema, name);
}

static void collect(struct spots *s, cJSON *parent, cJSON *node, const cJSON *schema)
{
    cJSON *child;

    schema = document_resolve(s->document, schema);
    if (s->n == MAX_SPOTS || !schema)
        return;
    s->list[s->n++] = (struct spot){parent, node, schema};
    cJSON_ArrayForEach (child, node) {
        collect(s, node, child,
                cJSON_IsArray(node) ? member(schema, "items")
                                    : member(member(schema, "properties"), child->string));
    }
}

/* --- what can be done to a place; true: something was --------------------- */

static bool put(const struct spot *s, cJSON *other)
{
    if (s->parent)
        return cJSON_ReplaceItemViaPointer(s->parent, s->node, other);
    cJSON_Delete(other);
    return false;
}

static bool omit(struct rng *rng, const struct spot *s)
{
    const int n = cJSON_IsObject(s->node) ? cJSON_GetArraySize(s->node) : 0;

    if (n > 0)
        cJSON_DeleteItemFromArray(s->node, (int)rng_between(rng, 0, n));
    return n > 0;
}

static bool add(struct rng *rng, const struct spot *s)
{
    static const char *const names[] = {"surplus", "", "__proto__", "id", "role"};

    if (!cJSON_IsObject(s->node))
        return false;
    return cJSON_AddTrueToObject(s->node, names[rng_between(rng, 0, 5)]) != NULL;
}

static bool another_type(struct rng *rng, const struct spot *s)
{
    switch (rng_between(rng, 0, 6)) {
    case 0: return put(s, cJSON_CreateNull());
    case 1: return put(s, cJSON_CreateBool(true));
    case 2: return put(s, cJSON_CreateNumber(17));
    case 3: return put(s, cJSON_CreateString("17"));
    case 4: return put(s, cJSON_CreateArray());
    default: return put(s, cJSON_CreateObject());
    }
}

/* Written as they stand: a double would not keep them. */
static bool another_number(struct rng *rng, const struct spot *s)
{
    static const char *const numbers[] = {"-1",
                                          "0",
                                          "-0",
                                          "0.5",
                                          "1e2",
                                          "1e400",
                                          "-1e400",
                                          "9007199254740992",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "-9223372036854775809",
                                          "1E-400",
                                          "100000000000000000000000000000000000000000"};

    return cJSON_IsNumber(s->node) && put(s, cJSON_CreateRaw(numbers[rng_between(rng, 0, 13)]));
}

static bool over_the_bound(struct rng *rng, const struct spot *s)
{
    const bool above = rng_between(rng, 0, 2) == 1;
    const cJSON *bound = member(s->schema, above ? "maximum" : "minimum");

    return cJSON_IsNumber(s->node) && bound &&
           put(s, cJSON_CreateNumber(bound->valuedouble + (above ? 1 : -1)));
}

static bool too_long(struct rng *rng, const struct spot *s)
{
    const cJSON *bound = member(s->schema, "maxLength");
    const size_t n =
        bound && rng_between(rng, 0, 2) ? (size_t)bound->valuedouble + 1 : FAR_TOO_LONG;
    char *text;
    bool done;

    if (!cJSON_IsString(s->node))
        return false;
    text = malloc(n + 1);
    if (!text)
        abort();
    memset(text, 'A', n);
    text[n] = '\0';
    done = put(s, cJSON_CreateString(text));
    free(text);
    return done;
}

static bool another_text(struct rng *rng, const struct spot *s)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "'; DROP TABLE orders; --",
                                        "\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xa9",
                                        "\x01\x1f",
                                        "../../etc",
                                        "<script>",
                                        "%s%n%99999d",
                                        "\r\nX: y",
                                        "\xef\xbf\xbf",
                                        "null",
                                        "00000000-0000-0000-0000-00000000000g",
                                        "a@b@c",
                                        "{}",
                                        "\xe2\x80\xae",
                                        "\\u0000"};

    return cJSON_IsString(s->node) && put(s, cJSON_CreateString(texts[rng_between(rng, 0, 16)]));
}

static bool too_many(struct rng *rng, const struct spot *s)
{
    const cJSON *bound = member(s->schema, "maxItems");
    const int most = bound ? bound->valueint : 0;

    (void)rng;
    if (!cJSON_IsArray(s->node) || !bound || cJSON_GetArraySize(s->node) == 0)
        return false;
    while (cJSON_GetArraySize(s->node) <= most)
        cJSON_AddItemToArray(s->node, cJSON_Duplicate(cJSON_GetArrayItem(s->node, 0), true));
    return true;
}

static bool none(struct rng *rng, const struct spot *s)
{
    (void)rng;
    return cJSON_IsArray(s->node) && put(s, cJSON_CreateArray());
}

static const struct {
    const char *what;
    bool (*spoil)(struct rng *rng, const struct spot *s);
} faults[] = {
    {"a member is missing",          omit          },
    {"a member too many",            add           },
    {"another type",                 another_type  },
    {"another number",               another_number},
    {"a number beyond its bound",    over_the_bound},
    {"a text that is too long",      too_long      },
    {"another text",                 another_text  },
    {"more items than there may be", too_many      },
    {"no items",                     none          },
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

const char *generate_fault(struct rng *rng, const cJSON *document, const cJSON *schema,
                           cJSON *value)
{
    struct spots s = {.document = document};

    collect(&s, NULL, value, schema);
    for (int i = 0; i < TRIES && s.n > 0; i++) {
        const int64_t f = rng_between(rng, 0, FAULTS);

        if (faults[f].spoil(rng, &s.list[rng_between(rng, 0, (int64_t)s.n)]))
            return faults[f].what;
    }
    return NULL;
}
