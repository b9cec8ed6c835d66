/* generate.h - values that fit a schema, and values that just do not. */
#ifndef CONTRACT_GENERATE_H
#define CONTRACT_GENERATE_H

#include <cjson/cJSON.h>

#include "rng.h"

/* A value that fits; free it with cJSON_Delete(). Members that are not required come and
 * go, numbers and lengths lie at their bounds more often than between. Texts are ASCII. */
cJSON *generate(struct rng *rng, const cJSON *document, const cJSON *schema);

/* A text that fits a pattern of the simple kind: literals, classes, and {n}, {n,m}, + after
 * them. In a static buffer of the calling thread. */
const char *generate_text(struct rng *rng, const char *pattern);

/* One thing in 'value' is made wrong: a member is missing, unknown, of another type, out of
 * bounds, of another form. NULL: the schema has nothing that could be wrong. Otherwise what
 * was done, a literal. */
const char *generate_fault(struct rng *rng, const cJSON *document, const cJSON *schema,
                           cJSON *value);

#endif
