/* operation.c - what contracts/openapi.json says can be asked, as a table. */
#include "operation.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

struct operations operations;

static enum access access_of(const cJSON *node)
{
    const cJSON *security = document_member(node, "security");

    if (cJSON_GetArraySize(security) == 0)
        return ACCESS_PUBLIC;
    return cJSON_GetArraySize(document_member(cJSON_GetArrayItem(security, 0), "bearer")) == 0
               ? ACCESS_USER
               : ACCESS_ADMIN;
}

static void add_parameters(struct operation *op, const cJSON *list)
{
    const cJSON *one;

    cJSON_ArrayForEach (one, list) {
        if (op->nparameters < MAX_PARAMETERS)
            op->parameters[op->nparameters++] = document_resolve(operations.document, one);
    }
}

static void add(const cJSON *path, const cJSON *node)
{
    struct operation *op = &operations.list[operations.n];

    if (strcmp(node->string, "parameters") == 0)
        return;
    if (operations.n == MAX_OPERATIONS)
        abort();
    *op = (struct operation){
        .path = path->string,
        .id = document_member(node, "operationId")->valuestring,
        .tag = cJSON_GetArrayItem(document_member(node, "tags"), 0)->valuestring,
        .node = node,
        .access = access_of(node),
        .body = document_member(node, "requestBody/content/application~1json/schema"),
    };
    for (size_t i = 0; node->string[i] && i + 1 < sizeof(op->method); i++)
        op->method[i] = (char)toupper((unsigned char)node->string[i]);
    add_parameters(op, document_member(path, "parameters"));
    add_parameters(op, document_member(node, "parameters"));
    operations.n++;
}

void operations_load(const char *file)
{
    const cJSON *path, *node;

    if (operations.document)
        return;
    operations.document = document_load(file);
    cJSON_ArrayForEach (path, document_member(operations.document, "paths")) {
        cJSON_ArrayForEach (node, path) {
            add(path, node);
        }
    }
}

const struct operation *operation_beside(const struct operation *op, const char *method)
{
    for (size_t i = 0; i < operations.n; i++)
        if (strcmp(operations.list[i].path, op->path) == 0 &&
            strcmp(operations.list[i].method, method) == 0)
            return &operations.list[i];
    return NULL;
}

const cJSON *operation_parameter(const struct operation *op, const char *name)
{
    for (size_t i = 0; i < op->nparameters; i++)
        if (strcmp(document_member(op->parameters[i], "name")->valuestring, name) == 0)
            return op->parameters[i];
    return NULL;
}

static bool covers(const cJSON *any, int status)
{
    const cJSON *one;

    cJSON_ArrayForEach (one, document_member(any, "x-statuses")) {
        if (one->valueint == status)
            return true;
    }
    return false;
}

static const cJSON *any_answer(const struct operation *op)
{
    return document_resolve(operations.document, document_member(op->node, "responses/default"));
}

const cJSON *operation_elsewhere(const struct operation *op, int status)
{
    return status == 404 ? any_answer(op) : operation_answer(op, status);
}

const cJSON *operation_answer(const struct operation *op, int status)
{
    const cJSON *responses = document_member(op->node, "responses"), *said;
    char code[8];

    snprintf(code, sizeof(code), "%d", status);
    said = document_resolve(operations.document, document_member(responses, code));
    if (said)
        return said;
    said = any_answer(op);
    return covers(said, status) ? said : NULL;
}
