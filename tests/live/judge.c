/* judge.c - is the answer one that contracts/openapi.json allows to this request? */
#include "judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "schema.h"

static char verdict[1024];

static const char *wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *wrong(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(verdict, sizeof(verdict), fmt, ap);
    va_end(ap);
    return verdict;
}

static bool is_head(const struct draft *d)
{
    return strcmp(d->method, "HEAD") == 0;
}

/* --- what any answer is --------------------------------------------------- */

static const char *judge_headers(const struct reply *r, const cJSON *said)
{
    const cJSON *one;

    cJSON_ArrayForEach (one, document_member(said, "headers")) {
        const cJSON *header = document_resolve(operations.document, one);
        const char *value = reply_header(r, one->string), *fault;
        cJSON *text;

        if (!value && cJSON_IsTrue(document_member(header, "required")))
            return wrong("%d without %s", r->status, one->string);
        if (!value)
            continue;
        text = cJSON_CreateString(value);
        fault = schema_fault(operations.document, document_member(header, "schema"), text, true);
        cJSON_Delete(text);
        if (fault)
            return wrong("header %s: %s", one->string, fault);
    }
    return NULL;
}

/* The content that is described for this answer, and its schema. */
static const char *judge_content(const struct reply *r, const cJSON *said)
{
    const cJSON *content = document_member(said, "content");
    const char *type = reply_header(r, "Content-Type"), *fault;

    if (!content && r->status == 304)
        return NULL;
    if (!content || !content->child || !type || strcmp(type, content->child->string) != 0)
        return wrong("%d of type %s", r->status, type ? type : "(none)");
    if (!r->json)
        return wrong("%d with a body that is no JSON", r->status);
    fault =
        schema_fault(operations.document, document_member(content->child, "schema"), r->json, true);
    return fault ? wrong("%d: %s", r->status, fault) : NULL;
}

static const char *judge_problem(const struct reply *r)
{
    const cJSON *status = document_member(r->json, "status");
    const char *id = cJSON_GetStringValue(document_member(r->json, "request_id"));
    const char *header = reply_header(r, "X-Request-ID");

    if (!status || status->valueint != r->status)
        return wrong("%d says that it is another status", r->status);
    if (!id || !header || strcmp(id, header) != 0)
        return wrong("%d with two request ids", r->status);
    return NULL;
}

/* --- what this one may be ------------------------------------------------- */

static bool in(int status, const int list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == status)
            return true;
    return false;
}

static bool has_right(const struct draft *d)
{
    switch (d->op->access) {
    case ACCESS_ADMIN: return d->who == WHO_ADMIN;
    case ACCESS_USER: return d->who != WHO_NOBODY && d->who != WHO_FORGED;
    case ACCESS_PUBLIC: break;
    }
    return true;
}

/* These say that the request is malformed, which it was not. */
static bool calls_it_malformed(int status)
{
    static const int list[] = {400, 405, 406, 411, 413, 414, 415, 416, 417, 431, 501, 505};

    return in(status, list, sizeof(list) / sizeof(list[0]));
}

static const char *judge_status(const struct draft *d, int status)
{
    const bool yes = status < 400, busy = status == 503 || status == 429;

    if (status >= 500 && status != 503 && status != 501)
        return wrong("%d", status);
    if (yes && d->due == DUE_REFUSED)
        return wrong("%d, though it is not as described", status);
    if (yes && !has_right(d))
        return wrong("%d, though they may not", status);
    if (d->due != DUE_ACCEPTED || yes || busy)
        return NULL;
    if (calls_it_malformed(status))
        return wrong("%d, though it is as described", status);
    if (!has_right(d) && status != 401 && status != 403)
        return wrong("%d where it is about rights", status);
    if (has_right(d) && status == 401 && strcmp(d->op->id, "signIn") != 0)
        return wrong("401, though they may");
    return NULL;
}

static const char *judge_advice(const struct reply *r)
{
    static const int later[] = {429, 502, 503, 504};

    if (in(r->status, later, 4) && !reply_header(r, "Retry-After"))
        return wrong("%d without Retry-After", r->status);
    if (r->status == 405 && !reply_header(r, "Allow"))
        return wrong("405 without Allow");
    return NULL;
}

const char *judge(const struct draft *d, const struct reply *r)
{
    const cJSON *said =
        d->elsewhere ? operation_elsewhere(d->op, r->status) : operation_answer(d->op, r->status);
    const char *fault;

    if (r->status == 0)
        return wrong("no answer");
    fault = judge_status(d, r->status);
    if (!fault && !said)
        fault = wrong("%d is not described", r->status);
    if (!fault)
        fault = judge_headers(r, said);
    if (!fault)
        fault = judge_advice(r);
    if (!fault && !is_head(d))
        fault = judge_content(r, said);
    if (!fault && !is_head(d) && r->status >= 400)
        fault = judge_problem(r);
    return fault;
}
