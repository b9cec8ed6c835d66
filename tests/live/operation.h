/* operation.h - what contracts/openapi.json says can be asked, as a table. */
#ifndef LIVE_OPERATION_H
#define LIVE_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

enum { MAX_OPERATIONS = 64, MAX_PARAMETERS = 8 };

enum access { ACCESS_PUBLIC, ACCESS_USER, ACCESS_ADMIN };

struct operation {
    char method[8];              /* "GET" */
    const char *path, *id, *tag; /* "/users/{id}", "getUser", "user" */
    const cJSON *node;
    enum access access;
    const cJSON *body; /* its schema; NULL: none is taken */
    const cJSON *parameters[MAX_PARAMETERS];
    size_t nparameters;
};

extern struct operations {
    const cJSON *document;
    struct operation list[MAX_OPERATIONS];
    size_t n;
} operations;

/* Fill the table from openapi.json. */
void operations_load(const char *file);

/* The operation of this method at the same path as 'op', or NULL. */
const struct operation *operation_beside(const struct operation *op, const char *method);

/* Its parameter of this name, or NULL. */
const cJSON *operation_parameter(const struct operation *op, const char *name);

/* What is said of an answer with this status; NULL: it is not described. */
const cJSON *operation_answer(const struct operation *op, int status);

/* The same at a path where nothing is: there it may be 404, too. */
const cJSON *operation_elsewhere(const struct operation *op, int status);

#endif
