/* report.c - the figures of a bench as a table, a file that is kept, and pictures.
 *
 *   report LINES            the table only
 *   report LINES FOLDER     and FOLDER/<date>-<cpu>.json, FOLDER/<date>-<cpu>-*.svg
 *
 * LINES is what the measuring programs appended to BENCH_OUT, or a file that was kept. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "pictures.h"
#include "result.h"
#include "table.h"

/* "Intel(R) Xeon(R) CPU @ 2.60GHz" -> "intel-r-xeon-r-cpu-2-60ghz" */
static const char *slug(struct arena *a, const char *text)
{
    char *out = arena_strdup(a, text);
    size_t at = 0;

    for (const char *c = text; *c; c++) {
        if (isalnum((unsigned char)*c))
            out[at++] = (char)tolower((unsigned char)*c);
        else if (at > 0 && out[at - 1] != '-')
            out[at++] = '-';
    }
    while (at > 0 && out[at - 1] == '-')
        at--;
    out[at] = '\0';
    return out;
}

/* The date is that of the measurement, when it is known. */
static const char *stem(const struct result *r, const char *folder)
{
    const char *cpu = result_setting(r, "machine.cpu"), *date = result_setting(r, "date");

    if (!date)
        date = clock_rfc3339(r->arena, clock_now_ms());
    return arena_printf(r->arena, "%s/%.10s-%s", folder, date,
                        cpu && *cpu ? slug(r->arena, cpu) : "unknown-cpu");
}

static struct err keep(const struct result *r, const char *folder)
{
    const char *base = stem(r, folder);
    struct err err = result_save(r, arena_printf(r->arena, "%s.json", base));

    if (!err.code)
        err = pictures_draw(r, base);
    if (!err.code)
        printf("\nKept in %s.json, with pictures beside it.\n", base);
    return err;
}

/* A kept file begins with a line that holds nothing but its bracket. */
static bool is_kept(const char *path)
{
    char first[4] = "";
    FILE *from = fopen(path, "re");

    if (from && !fgets(first, sizeof(first), from))
        first[0] = '\0';
    if (from)
        fclose(from);
    return strcmp(first, "{\n") == 0;
}

static struct err read_all(struct result *r, const char *path)
{
    FILE *from;
    struct err err;

    if (is_kept(path))
        return result_load(r, path);
    from = fopen(path, "re");
    if (!from)
        return err_new(r->arena, ERR_NOT_FOUND, "%s cannot be opened", path);
    err = result_read_lines(r, from);
    fclose(from);
    return err;
}

int main(int argc, char **argv)
{
    static struct result r;
    struct err err;

    if (argc < 2 || argc > 3) {
        fputs("usage: report LINES [FOLDER]\n", stderr);
        return EXIT_FAILURE;
    }
    r.arena = arena_new();
    err = read_all(&r, argv[1]);
    if (!err.code)
        table_print(stdout, &r);
    if (!err.code && argc == 3)
        err = keep(&r, argv[2]);
    if (err.code)
        fprintf(stderr, "report: %s\n", err.msg);
    arena_free(r.arena);
    return err.code ? EXIT_FAILURE : EXIT_SUCCESS;
}
