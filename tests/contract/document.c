/* document.c - JSON documents that point into themselves. */
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1024 * 1024, MAX_KEY = 256 };

cJSON *document_load(const char *path)
{
    char *text = calloc(1, MAX_FILE);
    FILE *f = fopen(path, "r");
    cJSON *document = NULL;

    if (f && text && fread(text, 1, MAX_FILE - 1, f) > 0)
        document = cJSON_Parse(text);
    if (!document) {
        fprintf(stderr, "%s is missing or no JSON; run by: make test\n", path);
        exit(1);
    }
    fclose(f);
    free(text);
    return document;
}

/* "~1" stands for a slash in a pointer (RFC 6901). */
static const cJSON *step(const cJSON *node, const char *name, size_t len)
{
    char key[MAX_KEY];
    size_t n = 0;

    for (size_t i = 0; i < len && n + 1 < sizeof(key); i++)
        if (name[i] == '~' && i + 1 < len)
            key[n++] = name[++i] == '1' ? '/' : '~';
        else
            key[n++] = name[i];
    key[n] = '\0';
    return cJSON_GetObjectItemCaseSensitive(node, key);
}

const cJSON *document_member(const cJSON *node, const char *path)
{
    while (node && *path) {
        size_t len = strcspn(path, "/");

        node = step(node, path, len);
        path += len;
        path += *path == '/';
    }
    return node;
}

const cJSON *document_at(const cJSON *document, const char *pointer)
{
    return strncmp(pointer, "#/", 2) == 0 ? document_member(document, pointer + 2) : NULL;
}

const cJSON *document_resolve(const cJSON *document, const cJSON *node)
{
    const char *to = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, "$ref"));

    return to ? document_resolve(document, document_at(document, to)) : node;
}
