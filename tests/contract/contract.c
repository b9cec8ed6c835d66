/* contract.c - holds contracts/ against one service. */
#include "contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "document.h"
#include "generate.h"
#include "schema.h"

enum { MAX_TYPES = 32, MAX_NAME = 128, SAMPLES = 200 };

static const cJSON *openapi(void)
{
    static cJSON *document;

    if (!document)
        document = document_load("contracts/openapi.json");
    return document;
}

static const cJSON *asyncapi(void)
{
    static cJSON *document;

    if (!document)
        document = document_load("contracts/asyncapi.json");
    return document;
}

/* --- routes --------------------------------------------------------------- */

static bool has_method(const char *name)
{
    return strcmp(name, "parameters") != 0;
}

static bool has_tag(const cJSON *operation, const char *service)
{
    const cJSON *tags = document_member(operation, "tags");

    return strcmp(cJSON_GetArrayItem(tags, 0)->valuestring, service) == 0;
}

/* "/users/{id}" has the pattern of a route "/users/" and '*'. */
static bool same_path(const char *path, const char *pattern)
{
    while (*path && *pattern)
        if (*path == '{' && *pattern == '*') {
            path += strcspn(path, "}") + 1;
            pattern++;
        } else if (*path++ != *pattern++) {
            return false;
        }
    return *path == *pattern;
}

static const struct http_route *route_of(const char *path, const char *method,
                                         const struct http_route routes[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (same_path(path, routes[i].pattern) && strcasecmp(method, routes[i].method) == 0)
            return &routes[i];
    return NULL;
}

static bool takes_key(const cJSON *operation)
{
    const cJSON *one;

    cJSON_ArrayForEach (one, document_member(operation, "parameters")) {
        const cJSON *p = document_resolve(openapi(), one);

        if (strcmp(document_member(p, "name")->valuestring, "Idempotency-Key") == 0)
            return true;
    }
    return false;
}

static enum http_access access_of(const cJSON *operation)
{
    const cJSON *security = document_member(operation, "security");
    const cJSON *roles = document_member(cJSON_GetArrayItem(security, 0), "bearer");

    if (cJSON_GetArraySize(security) == 0)
        return HTTP_PUBLIC;
    return cJSON_GetArraySize(roles) == 0 ? HTTP_USER : HTTP_ADMIN;
}

static void compare_route(const char *path, const cJSON *operation, const struct http_route *r)
{
    if (!r)
        fail_msg("%s %s is described, but no route", operation->string, path);
    else if (access_of(operation) != r->access)
        fail_msg("%s %s asks for other rights than described", r->method, path);
    else if (takes_key(operation) != r->idempotent)
        fail_msg("%s %s: Idempotency-Key taken or not, against the description", r->method, path);
}

static size_t public_routes(const struct http_route routes[], size_t n)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += routes[i].access != HTTP_INTERNAL;
    return count;
}

void contract_routes(const char *service, const struct http_route routes[], size_t n)
{
    const cJSON *path, *operation;
    size_t described = 0;

    cJSON_ArrayForEach (path, document_member(openapi(), "paths")) {
        cJSON_ArrayForEach (operation, path) {
            if (!has_method(operation->string) || !has_tag(operation, service))
                continue;
            compare_route(path->string, operation,
                          route_of(path->string, operation->string, routes, n));
            described++;
        }
    }
    if (described != public_routes(routes, n))
        fail_msg("%s has %zu public routes, but %zu are described", service,
                 public_routes(routes, n), described);
}

/* --- events --------------------------------------------------------------- */

static bool holds(const char *const list[], size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] && strcmp(list[i], what) == 0)
            return true;
    return false;
}

/* The messages of an operation are just 'types', "order.created.v1". */
static void compare_messages(const char *operation, const char *const types[], size_t n)
{
    const cJSON *messages, *one;
    const char *described[MAX_TYPES];
    size_t count = 0;
    char path[MAX_NAME];

    snprintf(path, sizeof(path), "operations/%s/messages", operation);
    messages = document_member(asyncapi(), path);
    if (!messages)
        fail_msg("%s is not described", operation);
    cJSON_ArrayForEach (one, messages) {
        const cJSON *message = document_resolve(asyncapi(), one);

        if (!message)
            fail_msg("%s: a message is nowhere", operation);
        assert_true(count < MAX_TYPES);
        described[count] = document_member(message, "name")->valuestring;
        if (!holds(types, n, described[count]))
            fail_msg("%s: %s is described, but not so", operation, described[count]);
        count++;
    }
    for (size_t i = 0; i < n; i++)
        if (types[i] && !holds(described, count, types[i]))
            fail_msg("%s: %s is not described", operation, types[i]);
}

static const cJSON *data_schema(const char *type)
{
    char path[MAX_NAME];
    const cJSON *schema;

    snprintf(path, sizeof(path), "components/messages/%s.v1/payload/properties/data", type);
    schema = document_member(asyncapi(), path);
    if (!schema)
        fail_msg("%s is not described", type);
    return schema;
}

/* Give a handler what the description allows. What becomes of it is up to the fake store;
 * only ERR_INVALID would say that the two do not understand one another. */
static void feed(struct ctx *ctx, const struct subscription *s, struct rng *rng)
{
    cJSON *data = generate(rng, asyncapi(), data_schema(s->type));
    char *text = cJSON_PrintUnformatted(data);
    const struct event about = {
        .type = s->type,
        .source = "order",
        .subject = document_member(data, "order_id")->valuestring,
    };
    const char *envelope = event_format(ctx, &about, text);
    struct event e;
    struct err err = event_parse(ctx->arena, envelope, strlen(envelope), &e);

    if (!err.code)
        err = s->handler(ctx, &e);
    if (err.code == ERR_INVALID)
        fail_msg("%s: %s: %s", s->type, err.msg, text);
    cJSON_free(text);
    cJSON_Delete(data);
}

void contract_hears(struct ctx *ctx, const char *service, const struct subscription list[],
                    size_t n, void (*reset)(void))
{
    struct rng rng = {.state = 1};
    const char *types[MAX_TYPES];
    char operation[MAX_NAME];

    assert_true(n <= MAX_TYPES);
    for (size_t i = 0; i < n; i++) {
        types[i] = arena_printf(ctx->arena, "%s.v%d", list[i].type, list[i].version);
        for (int s = 0; s < SAMPLES; s++) {
            reset();
            feed(ctx, &list[i], &rng);
        }
    }
    snprintf(operation, sizeof(operation), "%s.hears", service);
    compare_messages(operation, types, n);
}

void contract_says(const char *service, const char *verb, const char *const types[], size_t n)
{
    char names[MAX_TYPES][MAX_NAME], operation[MAX_NAME];
    const char *versioned[MAX_TYPES];

    assert_true(n <= MAX_TYPES);
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "%s.v1", types[i] ? types[i] : "");
        versioned[i] = types[i] ? names[i] : NULL;
    }
    snprintf(operation, sizeof(operation), "%s.%s", service, verb);
    compare_messages(operation, versioned, n);
}

/* --- what is written ------------------------------------------------------ */

static void compare_json(const cJSON *document, const cJSON *schema, const char *what,
                         const char *json)
{
    cJSON *value = cJSON_Parse(json);
    const char *fault;

    if (!value)
        fail_msg("%s is no JSON: %s", what, json);
    fault = schema_fault(document, schema, value, true);
    if (fault)
        fail_msg("%s is not as described: %s: %s", what, fault, json);
    cJSON_Delete(value);
}

void contract_event(const char *type, const char *data)
{
    compare_json(asyncapi(), data_schema(type), type, data);
}

void contract_answer(const char *schema, const char *json)
{
    char path[MAX_NAME];

    snprintf(path, sizeof(path), "components/schemas/%s", schema);
    compare_json(openapi(), document_member(openapi(), path), schema, json);
}
