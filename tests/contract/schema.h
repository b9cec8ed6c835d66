/* schema.h - JSON Schema (2020-12), as far as contracts/ uses it: does a value fit?
 *
 * A keyword that is not known here is a fault of the schema, so that a description cannot
 * say what nobody checks. Patterns are POSIX extended regular expressions, which those of
 * JavaScript are too while they stay simple. */
#ifndef CONTRACT_SCHEMA_H
#define CONTRACT_SCHEMA_H

#include <stdbool.h>

#include <cjson/cJSON.h>

/* NULL: 'value' fits. Otherwise what does not, like "lines[0].quantity: is above 1000", in
 * a buffer of the calling thread. 'closed': members that are not described are faults
 * even where the schema allows them. */
const char *schema_fault(const cJSON *document, const cJSON *schema, const cJSON *value,
                         bool closed);

#endif
