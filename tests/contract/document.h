/* document.h - JSON documents that point into themselves, as those of contracts/ do. */
#ifndef CONTRACT_DOCUMENT_H
#define CONTRACT_DOCUMENT_H

#include <cjson/cJSON.h>

/* The JSON in a file; the program ends when there is none. */
cJSON *document_load(const char *path);

/* What "#/components/schemas/Order" points to in 'document', or NULL. */
const cJSON *document_at(const cJSON *document, const char *pointer);

/* 'node' itself, or what its $ref leads to. */
const cJSON *document_resolve(const cJSON *document, const cJSON *node);

/* A member, or of a member; NULL when absent. "a/b" */
const cJSON *document_member(const cJSON *node, const char *path);

#endif
