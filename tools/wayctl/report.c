/* report.c - tables: filled, aligned, or written as JSON. */
#include "report.h"

#include <string.h>

#include "arena.h"
#include "json_out.h"

struct column {
    const char *name;
    bool number;
};

struct table {
    struct table *next;
    struct arena *arena;
    const char *name;
    bool record;
    struct column columns[REPORT_MAX_COLUMNS];
    size_t ncolumns;
    const char ***rows;
    size_t nrows, room;
};

struct report {
    struct arena *arena;
    struct table *first, **last;
};

struct report *report_new(struct arena *a)
{
    struct report *r = arena_alloc(a, sizeof(*r));

    r->arena = a;
    r->last = &r->first;
    return r;
}

static void read_columns(struct table *t, const char *columns)
{
    while (*columns && t->ncolumns < REPORT_MAX_COLUMNS) {
        const bool number = *columns == '#';
        const size_t len = strcspn(columns += number, " ");

        t->columns[t->ncolumns++] = (struct column){arena_strndup(t->arena, columns, len), number};
        columns += len;
        columns += strspn(columns, " ");
    }
}

struct table *report_table(struct report *r, const char *name, const char *columns)
{
    struct table *t = arena_alloc(r->arena, sizeof(*t));

    t->arena = r->arena;
    t->name = name;
    read_columns(t, columns);
    *r->last = t;
    r->last = &t->next;
    return t;
}

struct table *report_record(struct report *r, const char *name, const char *columns)
{
    struct table *t = report_table(r, name, columns);

    t->record = true;
    return t;
}

/* --- rows ---------------------------------------------------------------------- */

static const char **new_row(struct table *t)
{
    if (t->nrows == t->room) {
        const size_t room = t->room ? 2 * t->room : 16;
        const char ***rows = arena_array(t->arena, const char **, room);

        for (size_t i = 0; i < t->nrows; i++)
            rows[i] = t->rows[i];
        t->rows = rows;
        t->room = room;
    }
    return t->rows[t->nrows++] = arena_array(t->arena, const char *, t->ncolumns);
}

void table_row(struct table *t, const char *const cells[])
{
    const char **row = new_row(t);

    for (size_t c = 0; c < t->ncolumns; c++)
        row[c] = cells[c] ? arena_strdup(t->arena, cells[c]) : "";
}

void table_add(struct table *t, const struct db_rows *rows)
{
    for (int i = 0; i < rows->count; i++) {
        const char **row = new_row(t);

        for (size_t c = 0; c < t->ncolumns; c++)
            row[c] = arena_strdup(t->arena, db_str(rows, i, (int)c));
    }
}

size_t table_count(const struct table *t)
{
    return t->nrows;
}

const char *table_cell(const struct table *t, size_t row, size_t column)
{
    return t->rows[row][column];
}

/* Insertion: it is stable, and what comes is mostly in order. */
void table_sort(struct table *t)
{
    for (size_t i = 1; i < t->nrows; i++) {
        const char **row = t->rows[i];
        size_t k = i;

        for (; k > 0 && strcmp(t->rows[k - 1][0], row[0]) > 0; k--)
            t->rows[k] = t->rows[k - 1];
        t->rows[k] = row;
    }
}

/* --- for people ----------------------------------------------------------------- */

/* What a terminal may get of 's': text from the broker could come from anybody. Quotes and
 * backslashes stay as they are, other escapes are those of JSON. U+0080 to U+009F are control
 * characters too. */
static const char *clean(struct arena *a, const char *s)
{
    char *text = arena_alloc(a, strlen(s) * JSON_ESCAPE_MAX + 1), *to = text;

    if (!*s)
        return "-";
    while (*s) {
        const char *from = s;
        const size_t len = json_escape(&s, to);

        if (*from == '"' || *from == '\\')
            *to++ = *from;
        else if (len == 2 && to[0] == '\xc2' && (unsigned char)to[1] < 0xa0)
            *to++ = '?';
        else
            to += len;
    }
    *to = '\0';
    return text;
}

static size_t width(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xC0) != 0x80;
    return n;
}

static void put_cell(FILE *out, const char *cell, size_t room, bool right, bool last)
{
    const int pad = (int)(room - width(cell));

    if (right)
        fprintf(out, "%*s%s", pad, "", cell);
    else
        fprintf(out, "%s%*s", cell, last ? 0 : pad, "");
    fputs(last ? "\n" : "  ", out);
}

static void print_row(const struct table *t, const char *const cells[], const size_t room[],
                      FILE *out)
{
    for (size_t c = 0; c < t->ncolumns; c++)
        put_cell(out, cells[c], room[c], t->columns[c].number, c + 1 == t->ncolumns);
}

static void print_table(const struct table *t, FILE *out)
{
    const char *headings[REPORT_MAX_COLUMNS];
    const char ***cells = arena_array(t->arena, const char **, t->nrows);
    size_t room[REPORT_MAX_COLUMNS];

    fprintf(out, "%s:%s\n", t->name, t->nrows ? "" : " none");
    for (size_t c = 0; c < t->ncolumns; c++) {
        headings[c] = t->columns[c].name;
        room[c] = width(headings[c]);
    }
    for (size_t i = 0; i < t->nrows; i++) {
        cells[i] = arena_array(t->arena, const char *, t->ncolumns);
        for (size_t c = 0; c < t->ncolumns; c++) {
            cells[i][c] = clean(t->arena, t->rows[i][c]);
            if (room[c] < width(cells[i][c]))
                room[c] = width(cells[i][c]);
        }
    }
    if (t->nrows)
        print_row(t, headings, room, out);
    for (size_t i = 0; i < t->nrows; i++)
        print_row(t, cells[i], room, out);
}

static void print_record(const struct table *t, FILE *out)
{
    size_t room = 0;

    for (size_t c = 0; c < t->ncolumns; c++)
        if (room < width(t->columns[c].name))
            room = width(t->columns[c].name);
    for (size_t c = 0; t->nrows && c < t->ncolumns; c++)
        fprintf(out, "%-*s  %s\n", (int)room, t->columns[c].name, clean(t->arena, t->rows[0][c]));
}

void report_print(const struct report *r, FILE *out)
{
    for (const struct table *t = r->first; t; t = t->next) {
        if (t != r->first)
            fputc('\n', out);
        if (t->record)
            print_record(t, out);
        else
            print_table(t, out);
    }
}

/* --- for programs ---------------------------------------------------------------- */

static void json_row(struct json_out *j, const char *key, const struct table *t, size_t row)
{
    json_out_open(j, key, '{');
    for (size_t c = 0; c < t->ncolumns; c++) {
        const char *cell = t->rows[row][c];

        if (t->columns[c].number && *cell)
            json_out_raw(j, t->columns[c].name, cell);
        else
            json_out_str(j, t->columns[c].name, *cell ? cell : NULL);
    }
    json_out_close(j, '}');
}

void report_json(const struct report *r, FILE *out)
{
    struct json_out j = json_out_new(r->arena);

    json_out_open(&j, NULL, '{');
    for (const struct table *t = r->first; t; t = t->next) {
        if (t->record && t->nrows)
            json_row(&j, t->name, t, 0);
        if (t->record)
            continue;
        json_out_open(&j, t->name, '[');
        for (size_t i = 0; i < t->nrows; i++)
            json_row(&j, NULL, t, i);
        json_out_close(&j, ']');
    }
    json_out_close(&j, '}');
    fprintf(out, "%s\n", json_out_text(&j));
}
