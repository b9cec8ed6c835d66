/* client.c - the tests' HTTP client, on libcurl. */
#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "world.h"

enum { TIMEOUT_S = 20 };

struct text {
    char *s;
    size_t len;
};

/* What libcurl hands over, piece by piece; nothing at all makes an empty text. */
static size_t append(char *data, size_t size, size_t n, void *to)
{
    struct text *t = to;
    char *grown = realloc(t->s, t->len + size * n + 1);

    if (!grown)
        return 0;
    t->s = grown;
    if (data)
        memcpy(t->s + t->len, data, size * n);
    t->len += size * n;
    t->s[t->len] = '\0';
    return size * n;
}

static struct curl_slist *headers_of(const struct request *r)
{
    struct curl_slist *list = NULL;
    char line[8192];

    if (r->body)
        list = curl_slist_append(list, "Content-Type: application/json");
    if (r->token) {
        snprintf(line, sizeof(line), "Authorization: Bearer %s", r->token);
        list = curl_slist_append(list, line);
    }
    if (r->key) {
        snprintf(line, sizeof(line), "Idempotency-Key: %s", r->key);
        list = curl_slist_append(list, line);
    }
    list = curl_slist_append(list, "Expect:");
    for (size_t i = 0; i < CLIENT_MAX_HEADERS && r->headers[i]; i++) {
        /* The caller's own Content-Type takes the place of ours. */
        if (r->body && strncasecmp(r->headers[i], "Content-Type:", 13) == 0)
            snprintf(list->data, strlen(list->data) + 1, "X-Unused: 1");
        list = curl_slist_append(list, r->headers[i]);
    }
    return list;
}

struct reply client_send(const struct request *r)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = headers_of(r);
    struct text body = {0}, head = {0};
    struct reply reply = {0};
    char url[4096];
    long status = 0;

    snprintf(url, sizeof(url), "%s%s", r->url[0] == '/' ? world()->gateway : "", r->url);
    append(NULL, 1, 0, &body);
    append(NULL, 1, 0, &head);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, append);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
    if (r->from)
        curl_easy_setopt(curl, CURLOPT_INTERFACE, r->from);
    if (r->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)(r->body_len ? r->body_len : strlen(r->body)));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->body);
    }
    if (r->method && strcmp(r->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else if (r->method)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);

    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    reply.status = (int)status;
    reply.body = body.s;
    reply.headers = head.s;
    reply.json = cJSON_Parse(body.s);
    return reply;
}

void reply_free(struct reply *reply)
{
    cJSON_Delete(reply->json);
    free(reply->body);
    free(reply->headers);
    *reply = (struct reply){0};
}

const char *reply_header(const struct reply *reply, const char *name)
{
    static _Thread_local char value[1024];
    size_t len = strlen(name);

    for (const char *line = reply->headers; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        line += len + 1;
        line += strspn(line, " ");
        snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r\n"), line);
        return value;
    }
    return NULL;
}

static const cJSON *at(const struct reply *reply, const char *path)
{
    const cJSON *item = reply->json;
    char part[64];

    for (const char *p = path; item && *p; p += strcspn(p, "."), p += *p == '.') {
        snprintf(part, sizeof(part), "%.*s", (int)strcspn(p, "."), p);
        item = cJSON_IsArray(item) ? cJSON_GetArrayItem(item, (int)strtol(part, NULL, 10))
                                   : cJSON_GetObjectItemCaseSensitive(item, part);
    }
    if (!item)
        print_error("no member %s in %d %s\n", path, reply->status, reply->body);
    return item;
}

const char *reply_str(const struct reply *reply, const char *path)
{
    const char *value = cJSON_GetStringValue(at(reply, path));

    if (!value)
        fail_msg("%s is not a string in %s", path, reply->body);
    return value;
}

int64_t reply_int(const struct reply *reply, const char *path)
{
    const cJSON *item = at(reply, path);

    if (!cJSON_IsNumber(item))
        fail_msg("%s is not a number in %s", path, reply->body);
    return (int64_t)item->valuedouble;
}

size_t reply_count(const struct reply *reply, const char *path)
{
    const cJSON *item = at(reply, path);

    if (!cJSON_IsArray(item))
        fail_msg("%s is not a list in %s", path, reply->body);
    return (size_t)cJSON_GetArraySize(item);
}
