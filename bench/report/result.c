/* result.c - reading results, one JSON object at a time, and finding things in them. */
#include "result.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "json_in.h"

enum { MAX_NAME = 100, MAX_VALUE = 400, MAX_NUMBERS = 100000 };

/* --- finding ---------------------------------------------------------------------------- */

static struct figure *find_figure(struct result *r, const char *name)
{
    for (size_t i = 0; i < r->nfigures; i++)
        if (strcmp(r->figures[i].name, name) == 0)
            return &r->figures[i];
    return NULL;
}

const struct figure *result_figure(const struct result *r, const char *name)
{
    for (size_t i = 0; i < r->nfigures; i++)
        if (strcmp(r->figures[i].name, name) == 0)
            return &r->figures[i];
    return NULL;
}

const struct points *result_points(const struct result *r, const char *name)
{
    for (size_t i = 0; i < r->npoints; i++)
        if (strcmp(r->points[i].name, name) == 0)
            return &r->points[i];
    return NULL;
}

const char *result_setting(const struct result *r, const char *name)
{
    for (size_t i = 0; i < r->nsettings; i++)
        if (strcmp(r->settings[i].name, name) == 0)
            return r->settings[i].value;
    return NULL;
}

/* --- numbers ----------------------------------------------------------------------------- */

/* json_in.h reads whole numbers only, for the services have no others. */
struct numbers {
    double *values;
    size_t n, width;
};

static void add_number(const struct json_in *in, const char *key, const cJSON *item,
                       struct numbers *out)
{
    if (!cJSON_IsNumber(item))
        json_in_refuse(in, key, "must hold numbers only");
    else
        out->values[out->n++] = item->valuedouble;
}

static void add_row(const struct json_in *in, const char *key, const cJSON *row,
                    struct numbers *out)
{
    const cJSON *item;

    if ((size_t)cJSON_GetArraySize(row) != out->width) {
        json_in_refuse(in, key, "must have rows of one length");
        return;
    }
    cJSON_ArrayForEach (item, row) {
        add_number(in, key, item, out);
    }
}

/* A list of numbers, which has the width 1, or of lists of numbers, all of one length. */
static struct numbers read_numbers(const struct json_in *in, const char *key)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(in->obj, key), *item;
    struct numbers out = {.width = 1};
    const size_t rows = (size_t)cJSON_GetArraySize(list);

    if (!cJSON_IsArray(list) || rows == 0) {
        json_in_refuse(in, key, "must be a list that is not empty");
        return out;
    }
    if (cJSON_IsArray(list->child))
        out.width = (size_t)cJSON_GetArraySize(list->child);
    if (rows * out.width > MAX_NUMBERS) {
        json_in_refuse(in, key, "is too long");
        return out;
    }
    out.values = arena_array(in->arena, double, rows *out.width);
    cJSON_ArrayForEach (item, list) {
        if (out.width > 1 || cJSON_IsArray(item))
            add_row(in, key, item, &out);
        else
            add_number(in, key, item, &out);
    }
    return out;
}

/* --- the three kinds of things ------------------------------------------------------------ */

static enum better read_better(const struct json_in *in)
{
    const char *word = json_in_str_or(in, "better", 1, MAX_NAME, "neither");

    if (strcmp(word, "more") == 0)
        return BETTER_MORE;
    if (strcmp(word, "less") == 0)
        return BETTER_LESS;
    if (strcmp(word, "neither") != 0)
        json_in_refuse(in, "better", "must be more, less or neither");
    return BETTER_NEITHER;
}

static void more_runs(struct arena *a, struct figure *f, const struct numbers *more)
{
    double *all = arena_array(a, double, f->nruns + more->n);

    for (size_t i = 0; i < f->nruns; i++)
        all[i] = f->runs[i];
    for (size_t i = 0; i < more->n; i++)
        all[f->nruns + i] = more->values[i];
    f->runs = all;
    f->nruns += more->n;
    f->spread = spread_of(f->runs, f->nruns);
}

static struct err full(void)
{
    return (struct err){ERR_INVALID, "there are more figures, points or settings than fit"};
}

static struct err read_figure(struct result *r, const struct json_in *in)
{
    const struct figure read = {
        .name = json_in_str(in, "name", 1, MAX_NAME),
        .unit = json_in_str_or(in, "unit", 0, MAX_NAME, ""),
        .better = read_better(in),
    };
    const struct numbers runs = read_numbers(in, "runs");
    struct err err = json_in_done(in);
    struct figure *f;

    if (err.code)
        return err;
    f = find_figure(r, read.name);
    if (!f) {
        if (r->nfigures == RESULT_MAX)
            return full();
        f = &r->figures[r->nfigures++];
        *f = read;
    }
    more_runs(r->arena, f, &runs);
    return OK;
}

static struct err read_points(struct result *r, const struct json_in *in)
{
    const struct numbers list = read_numbers(in, "points");
    struct points read = {
        .name = json_in_str(in, "name", 1, MAX_NAME),
        .unit = json_in_str_or(in, "unit", 0, MAX_NAME, ""),
        .width = list.width,
        .n = list.n / list.width,
        .values = list.values,
    };
    struct err err = json_in_done(in);
    size_t i = 0;

    if (err.code)
        return err;
    while (i < r->npoints && strcmp(r->points[i].name, read.name) != 0)
        i++;
    if (i == RESULT_MAX)
        return full();
    r->points[i] = read;
    r->npoints += i == r->npoints;
    return OK;
}

static struct err read_setting(struct result *r, const struct json_in *in)
{
    const struct setting read = {
        .name = json_in_str(in, "setting", 1, MAX_NAME),
        .value = json_in_str(in, "value", 0, MAX_VALUE),
    };
    struct err err = json_in_done(in);
    size_t i = 0;

    if (err.code)
        return err;
    while (i < r->nsettings && strcmp(r->settings[i].name, read.name) != 0)
        i++;
    if (i == RESULT_MAX)
        return full();
    r->settings[i] = read;
    r->nsettings += i == r->nsettings;
    return OK;
}

/* --- whole texts --------------------------------------------------------------------------- */

static bool has(const struct json_in *in, const char *key)
{
    return in->obj && cJSON_HasObjectItem(in->obj, key);
}

static struct err read_thing(struct result *r, const struct json_in *in)
{
    struct err err = json_in_done(in);

    if (err.code)
        return err;
    if (has(in, "setting"))
        return read_setting(r, in);
    if (has(in, "points"))
        return read_points(r, in);
    return read_figure(r, in);
}

struct err result_read_line(struct result *r, const char *line, size_t len)
{
    const struct json_in in = json_in_parse(r->arena, line, len);

    return read_thing(r, &in);
}

struct err result_read_lines(struct result *r, FILE *from)
{
    struct err err = OK;
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    for (int number = 1; !err.code && (len = getline(&line, &cap, from)) >= 0; number++) {
        if (strspn(line, " \t\r\n") == (size_t)len)
            continue;
        err = result_read_line(r, line, (size_t)len);
        if (err.code)
            err = err_new(r->arena, ERR_INVALID, "line %d: %s", number, err.msg);
    }
    free(line);
    return err;
}

static struct err read_things(struct result *r, const struct json_in *in, const char *key)
{
    struct json_in *items;
    const size_t n = json_in_list(in, key, 0, RESULT_MAX, &items);
    struct err err = json_in_done(in);

    for (size_t i = 0; !err.code && i < n; i++)
        err = read_thing(r, &items[i]);
    return err;
}

static struct err read_document(struct result *r, const char *text, size_t len)
{
    static const char *const kinds[] = {"settings", "figures", "points"};
    const struct json_in in = json_in_parse(r->arena, text, len);
    struct err err = json_in_done(&in);

    for (size_t i = 0; !err.code && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        err = read_things(r, &in, kinds[i]);
    return err;
}

struct err result_load(struct result *r, const char *path)
{
    FILE *from = fopen(path, "re");
    char *text = NULL;
    size_t cap = 0;
    ssize_t len;
    struct err err;

    if (!from)
        return err_new(r->arena, ERR_NOT_FOUND, "%s cannot be opened", path);
    len = getdelim(&text, &cap, '\0', from);
    err = len > 0 ? read_document(r, text, (size_t)len) : (struct err){ERR_INVALID, "it is empty"};
    if (err.code)
        err = err_new(r->arena, ERR_INVALID, "%s: %s", path, err.msg);
    free(text);
    fclose(from);
    return err;
}
