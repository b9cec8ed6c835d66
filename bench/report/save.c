/* save.c - writes a result as the file that is kept. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "json_out.h"
#include "result.h"

static const char *const better_words[] = {
    [BETTER_NEITHER] = "neither",
    [BETTER_MORE] = "more",
    [BETTER_LESS] = "less",
};

/* Six digits are more than a measurement has. JSON knows neither infinity nor NaN. */
static void put_number(struct json_out *j, double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.6g", value);
    json_out_raw(j, NULL, isfinite(value) ? text : "null");
}

static const char *setting_line(const struct result *r, size_t i)
{
    struct json_out j = json_out_new(r->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "setting", r->settings[i].name);
    json_out_str(&j, "value", r->settings[i].value);
    json_out_close(&j, '}');
    return json_out_text(&j);
}

static const char *figure_line(const struct result *r, size_t i)
{
    const struct figure *f = &r->figures[i];
    struct json_out j = json_out_new(r->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "name", f->name);
    json_out_str(&j, "unit", f->unit);
    json_out_str(&j, "better", better_words[f->better]);
    json_out_open(&j, "runs", '[');
    for (size_t k = 0; k < f->nruns; k++)
        put_number(&j, f->runs[k]);
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    return json_out_text(&j);
}

static void put_row(struct json_out *j, const double row[], size_t width)
{
    if (width > 1)
        json_out_open(j, NULL, '[');
    for (size_t i = 0; i < width; i++)
        put_number(j, row[i]);
    if (width > 1)
        json_out_close(j, ']');
}

static const char *points_line(const struct result *r, size_t i)
{
    const struct points *p = &r->points[i];
    struct json_out j = json_out_new(r->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "name", p->name);
    json_out_str(&j, "unit", p->unit);
    json_out_open(&j, "points", '[');
    for (size_t k = 0; k < p->n; k++)
        put_row(&j, p->values + k * p->width, p->width);
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    return json_out_text(&j);
}

typedef const char *line_of(const struct result *r, size_t i);

static void put_list(FILE *to, const char *key, line_of *line, const struct result *r, size_t n)
{
    fprintf(to, "\"%s\": [", key);
    for (size_t i = 0; i < n; i++)
        fprintf(to, "%s\n  %s", i ? "," : "", line(r, i));
    fputs("\n]", to);
}

struct err result_save(const struct result *r, const char *path)
{
    FILE *to = fopen(path, "we");
    bool failed;

    if (!to)
        return err_new(r->arena, ERR_UNAVAILABLE, "%s cannot be written", path);
    fputs("{\n", to);
    put_list(to, "settings", setting_line, r, r->nsettings);
    fputs(",\n", to);
    put_list(to, "figures", figure_line, r, r->nfigures);
    fputs(",\n", to);
    put_list(to, "points", points_line, r, r->npoints);
    fputs("\n}\n", to);
    failed = ferror(to) != 0;
    failed = fclose(to) != 0 || failed;
    return failed ? err_new(r->arena, ERR_UNAVAILABLE, "%s cannot be written", path) : OK;
}
