/* db_values.c - what goes into statements and what comes out of results. */
#include "db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "arena.h"

const char *db_param_int(struct ctx *ctx, int64_t value)
{
    return arena_printf(ctx->arena, "%" PRId64, value);
}

const char *db_param_bool(bool value)
{
    return value ? "t" : "f";
}

/* An element of an array literal: always quoted, so only quote and backslash matter
 * (https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO). */
static char *put_element(char *to, const char *s)
{
    if (!s)
        return stpcpy(to, "NULL");
    *to++ = '"';
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            *to++ = '\\';
        *to++ = *s;
    }
    *to++ = '"';
    return to;
}

const char *db_param_strs(struct ctx *ctx, const char *const values[], size_t n)
{
    size_t size = sizeof("{}");
    char *text, *to;

    for (size_t i = 0; i < n; i++)
        size += 2 * (values[i] ? strlen(values[i]) : 1) + sizeof("\"\",");
    text = to = arena_alloc(ctx->arena, size);
    *to++ = '{';
    for (size_t i = 0; i < n; i++) {
        if (i)
            *to++ = ',';
        to = put_element(to, values[i]);
    }
    *to = '}';
    return text;
}

const char *db_param_ints(struct ctx *ctx, const int64_t values[], size_t n)
{
    enum { WIDEST = sizeof("-9223372036854775808,") };
    size_t size = sizeof("{}") + n * WIDEST, len = 1;
    char *text = arena_alloc(ctx->arena, size);

    text[0] = '{';
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(text + len, size - len, "%s%" PRId64, i ? "," : "", values[i]);
    text[len] = '}';
    return text;
}

const char *db_str_or_null(const struct db_rows *rows, int row, int col)
{
    return PQgetisnull(rows->res, row, col) ? NULL : PQgetvalue(rows->res, row, col);
}

const char *db_str(const struct db_rows *rows, int row, int col)
{
    const char *s = db_str_or_null(rows, row, col);

    return s ? s : "";
}

int64_t db_int(const struct db_rows *rows, int row, int col)
{
    return strtoll(db_str(rows, row, col), NULL, 10);
}

bool db_bool(const struct db_rows *rows, int row, int col)
{
    return *db_str(rows, row, col) == 't';
}
