/* draft.c - a request that is as described, sent and printed. */
#include "draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "generate.h"
#include "schema.h"

enum { TRIES = 50, MAX_PRINTED = 1000 };

static bool one_in(struct rng *rng, int n)
{
    return rng_between(rng, 0, n) == 0;
}

/* --- the target ----------------------------------------------------------- */

/* Append with what must be escaped (RFC 3986) escaped, and sometimes what need not be. */
static void append_escaped(struct rng *rng, char *to, const char *s)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char *end = to + strlen(to);

    for (; *s && end < to + MAX_TARGET - 4; s++)
        if (strchr(plain, *s) && !one_in(rng, 100))
            *end++ = *s;
        else
            end += snprintf(end, 4, "%%%02X", (unsigned char)*s);
    *end = '\0';
}

/* As it goes into a target: numbers are texts there. */
static const char *generated(struct rng *rng, const cJSON *schema)
{
    static char buffer[512];
    cJSON *value = generate(rng, operations.document, schema);

    if (cJSON_IsString(value))
        snprintf(buffer, sizeof(buffer), "%s", value->valuestring);
    else
        snprintf(buffer, sizeof(buffer), "%.0f", cJSON_GetNumberValue(value));
    cJSON_Delete(value);
    return buffer;
}

/* Something that is there, more often than not. */
static const char *value_for(struct rng *rng, const struct operation *op, const cJSON *parameter)
{
    const char *name = document_member(parameter, "name")->valuestring, *known = NULL;

    if (strcmp(name, "sku") == 0)
        known = pool_sku(rng);
    else if (strcmp(name, "id") == 0)
        known = pool_id(rng, one_in(rng, 10) ? "order" : op->tag);
    else if (strcmp(name, "order_id") == 0)
        known = pool_id(rng, "order");
    else if (strcmp(name, "cursor") == 0)
        return pool_cursor(rng, op->tag); /* one cannot be made up */
    if (known && !one_in(rng, 5))
        return known;
    return generated(rng, document_member(parameter, "schema"));
}

static void fill_path(struct draft *d, struct rng *rng)
{
    for (const char *p = d->op->path; *p;) {
        char name[32], *end = d->path + strlen(d->path);
        size_t len;

        if (*p != '{') {
            *end++ = *p++;
            *end = '\0';
            continue;
        }
        len = strcspn(++p, "}");
        snprintf(name, sizeof(name), "%.*s", (int)len, p);
        append_escaped(rng, d->path, value_for(rng, d->op, operation_parameter(d->op, name)));
        p += len + 1;
    }
}

static void fill_query(struct draft *d, struct rng *rng)
{
    for (size_t i = 0; i < d->op->nparameters; i++) {
        const cJSON *p = d->op->parameters[i];
        const char *name = document_member(p, "name")->valuestring, *value;
        const size_t len = strlen(d->query);

        if (strcmp(document_member(p, "in")->valuestring, "query") != 0 || one_in(rng, 2))
            continue;
        value = value_for(rng, d->op, p);
        if (!value)
            continue;
        snprintf(d->query + len, sizeof(d->query) - len, "%s%s=", len ? "&" : "", name);
        append_escaped(rng, d->query, value);
    }
}

/* --- the body ------------------------------------------------------------- */

void draft_body(struct draft *d, const char *bytes, size_t len)
{
    char *copy = malloc(len + 1);

    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    copy[len] = '\0';
    free(d->body);
    d->body = copy;
    d->body_len = len;
}

static void put_text(cJSON *object, const char *name, const char *value)
{
    cJSON_ReplaceItemInObjectCaseSensitive(object, name, cJSON_CreateString(value));
}

/* An order for things that there are, a log-in of somebody who exists: else nearly all
 * would end with "there is no such". */
static void make_sensible(struct rng *rng, const struct operation *op, cJSON *value)
{
    static const char *const methods[] = {"pm_ok",       "pm_ok",    "pm_ok",
                                          "pm_declined", "pm_flaky", "pm_insufficient_funds"};
    cJSON *line;

    if (strcmp(op->id, "signIn") == 0) {
        put_text(value, "email", pool.customer.email);
        put_text(value, "password", one_in(rng, 4) ? "wrong" : "correct horse");
    }
    if (strcmp(op->id, "placeOrder") == 0)
        put_text(value, "payment_method", methods[rng_between(rng, 0, 6)]);
    cJSON_ArrayForEach (line, document_member(value, "lines")) {
        put_text(line, "sku", pool_sku(rng));
        cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(line, "quantity"),
                             (double)rng_between(rng, 1, 4));
    }
}

static void fill_body(struct draft *d, struct rng *rng)
{
    char *printed;

    for (int i = 0; i < TRIES; i++) {
        cJSON_Delete(d->value);
        d->value = generate(rng, operations.document, d->op->body);
        if (!one_in(rng, 5))
            make_sensible(rng, d->op, d->value);
        if (!schema_fault(operations.document, d->op->body, d->value, false))
            break;
    }
    printed = one_in(rng, 4) ? cJSON_Print(d->value) : cJSON_PrintUnformatted(d->value);
    draft_body(d, printed, strlen(printed));
    cJSON_free(printed);
}

/* --- the whole ------------------------------------------------------------ */

static enum who somebody_who_may(struct rng *rng, enum access access)
{
    static const enum who users[] = {WHO_CUSTOMER, WHO_CUSTOMER, WHO_CUSTOMER, WHO_OTHER,
                                     WHO_ADMIN};

    switch (access) {
    case ACCESS_ADMIN: return WHO_ADMIN;
    case ACCESS_USER: return users[rng_between(rng, 0, 5)];
    case ACCESS_PUBLIC: break;
    }
    return one_in(rng, 4) ? WHO_CUSTOMER : WHO_NOBODY;
}

void draft_make(struct draft *d, struct rng *rng, const struct operation *op)
{
    const cJSON *key = operation_parameter(op, "Idempotency-Key");

    memset(d, 0, sizeof(*d));
    d->op = op;
    d->who = somebody_who_may(rng, op->access);
    snprintf(d->method, sizeof(d->method), "%s",
             strcmp(op->method, "GET") == 0 && one_in(rng, 10) ? "HEAD" : op->method);
    fill_path(d, rng);
    fill_query(d, rng);
    if (key && one_in(rng, 2))
        snprintf(d->key, sizeof(d->key), "%s", generated(rng, document_member(key, "schema")));
    if (op->body)
        fill_body(d, rng);
}

void draft_free(struct draft *d)
{
    free(d->body);
    cJSON_Delete(d->value);
    memset(d, 0, sizeof(*d));
}

void draft_worsen(struct draft *d, const char *what, enum due due)
{
    if (due > d->due)
        d->due = due;
    if (d->nbroken < MAX_BROKEN)
        d->broken[d->nbroken++] = what;
}

void draft_header(struct draft *d, const char *line)
{
    if (d->nheaders < MAX_ODD_HEADERS)
        snprintf(d->headers[d->nheaders++], MAX_HEADER, "%s", line);
}

struct reply draft_send(const struct draft *d)
{
    char url[2 * MAX_TARGET + 2];
    struct request r = {
        .method = d->method,
        .url = url,
        .body = d->body,
        .body_len = d->body_len,
        .token = pool_token(d->who, d->forged),
        .key = *d->key ? d->key : NULL,
    };

    snprintf(url, sizeof(url), "%s%s%s", d->path, *d->query ? "?" : "", d->query);
    for (size_t i = 0; i < d->nheaders; i++)
        r.headers[i] = d->headers[i];
    return client_send(&r);
}

/* --- as a command --------------------------------------------------------- */

static void print_quoted(const char *bytes, size_t len)
{
    printf("$'");
    for (size_t i = 0; i < len; i++)
        if (bytes[i] == '\'' || bytes[i] == '\\')
            printf("\\%c", bytes[i]);
        else if (bytes[i] >= ' ' && bytes[i] <= '~')
            putchar(bytes[i]);
        else
            printf("\\x%02x", (unsigned char)bytes[i]);
    printf("'");
}

static void print_body(const struct draft *d, const char *folder)
{
    static int files;
    char path[512];
    FILE *f;

    printf(" --data-binary ");
    if (d->body_len <= MAX_PRINTED && !memchr(d->body, '\0', d->body_len)) {
        print_quoted(d->body, d->body_len);
        return;
    }
    snprintf(path, sizeof(path), "%s/body-%d", folder, ++files);
    f = fopen(path, "w");
    if (f) {
        fwrite(d->body, 1, d->body_len, f);
        fclose(f);
    }
    printf("@%s", path);
}

void draft_print(const struct draft *d, const char *folder)
{
    static const char *const tokens[] = {
        [WHO_CUSTOMER] = "$CUSTOMER", [WHO_OTHER] = "$OTHER", [WHO_ADMIN] = "$ADMIN"};

    printf("curl -si --path-as-is -X ");
    print_quoted(d->method, strlen(d->method));
    printf(" \"$GATEWAY_URL\"");
    print_quoted(d->path, strlen(d->path));
    if (*d->query) {
        putchar('?');
        print_quoted(d->query, strlen(d->query));
    }
    if (d->body)
        printf(" -H 'Content-Type: application/json'");
    if (d->who == WHO_FORGED)
        printf(" -H 'Authorization: Bearer %s'", pool.forged[d->forged]);
    else if (d->who != WHO_NOBODY)
        printf(" -H \"Authorization: Bearer %s\"", tokens[d->who]);
    if (*d->key) {
        printf(" -H 'Idempotency-Key: '");
        print_quoted(d->key, strlen(d->key));
    }
    for (size_t i = 0; i < d->nheaders; i++) {
        printf(" -H ");
        print_quoted(d->headers[i], strlen(d->headers[i]));
    }
    if (d->body)
        print_body(d, folder);
    putchar('\n');
}
