/* config.c - one table, four uses: load, check, help, log. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "log.h"

enum { SECRET_FILE_MAX = 64 * 1024 };

struct loader {
    struct arena *arena;
    const char *mistakes; /* lines, or NULL */
};

static void mistake(struct loader *l, const char *line)
{
    l->mistakes = l->mistakes ? arena_printf(l->arena, "%s\n%s", l->mistakes, line) : line;
}

/* NULL: not set. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

/* NULL: not usable, and *why says why. Reads one byte more than it takes, to see that
 * a file is too long, and keeps one for the NUL. */
static char *read_file(struct arena *a, const char *path, const char **why)
{
    char text[SECRET_FILE_MAX + 2];
    FILE *f = fopen(path, "re");
    size_t len;
    bool failed;

    *why = strerror(errno);
    if (!f)
        return NULL;
    len = fread(text, 1, SECRET_FILE_MAX + 1, f);
    failed = ferror(f);
    *why = failed ? strerror(errno) : NULL;
    fclose(f);
    text[len] = '\0';
    if (len > SECRET_FILE_MAX)
        *why = "longer than 64 KiB";
    else if (!failed && strlen(text) != len)
        *why = "holds a NUL byte";
    if (len && text[len - 1] == '\n')
        text[--len] = '\0';
    if (!*why && len == 0)
        *why = "empty";
    return *why ? NULL : arena_strndup(a, text, len);
}

static const char *secret(struct loader *l, const struct config_key *k)
{
    const char *file_name = arena_printf(l->arena, "%s_FILE", k->name);
    const char *path = variable(file_name), *value = variable(k->name), *why;

    if (!path)
        return value;
    if (value)
        mistake(l, /* and still look at the file: it may have a mistake of its own */
                arena_printf(l->arena, "%s and %s are both set", k->name, file_name));
    value = read_file(l->arena, path, &why);
    if (!value) {
        mistake(l, arena_printf(l->arena, "%s: cannot use %s: %s", file_name, path, why));
        return "";
    }
    return value;
}

/* strtoll() alone would take " 7", "+7" and "7 apples". */
static void set_int(struct loader *l, const struct config_key *k, const char *text, int64_t *out)
{
    size_t digits = strspn(text + (*text == '-'), "0123456789");
    const char *end = text + (*text == '-') + digits;

    errno = 0;
    *out = strtoll(text, NULL, 10);
    if (digits == 0 || *end || errno || *out < k->min || *out > k->max)
        mistake(l, arena_printf(l->arena,
                                "%s must be a whole number from %" PRId64 " to %" PRId64
                                ", not \"%s\"",
                                k->name, k->min, k->max, text));
}

static void set_bool(struct loader *l, const struct config_key *k, const char *text, bool *out)
{
    *out = strcmp(text, "true") == 0;
    if (!*out && strcmp(text, "false") != 0)
        mistake(l, arena_printf(l->arena, "%s must be true or false, not \"%s\"", k->name, text));
}

static void load(struct loader *l, const struct config_key *k, void *field)
{
    const char *text = k->type == CONFIG_SECRET ? secret(l, k) : variable(k->name);

    if (!text)
        text = k->fallback;
    if (!text) {
        mistake(l, arena_printf(l->arena, "%s is required: %s", k->name, k->help));
        return;
    }
    switch (k->type) {
    case CONFIG_STR:
    case CONFIG_SECRET: *(const char **)field = arena_strdup(l->arena, text); break;
    case CONFIG_INT: set_int(l, k, text, field); break;
    case CONFIG_BOOL: set_bool(l, k, text, field); break;
    }
}

struct err config_load(struct arena *a, const struct config_key keys[], size_t nkeys,
                       void *settings)
{
    struct loader l = {.arena = a};

    for (size_t i = 0; i < nkeys; i++)
        load(&l, &keys[i], (char *)settings + keys[i].offset);
    return l.mistakes ? (struct err){ERR_INVALID, l.mistakes} : OK;
}

void config_help(FILE *out, const struct config_key keys[], size_t nkeys)
{
    for (size_t i = 0; i < nkeys; i++) {
        const struct config_key *k = &keys[i];

        fprintf(out, "  %-24s %s", k->name, k->help);
        if (k->type == CONFIG_SECRET)
            fprintf(out, "; or %s_FILE", k->name);
        if (k->type == CONFIG_INT)
            fprintf(out, "; %" PRId64 " to %" PRId64, k->min, k->max);
        if (!k->fallback)
            fputs(" (required)", out);
        else if (*k->fallback && k->type != CONFIG_SECRET)
            fprintf(out, " (%s)", k->fallback);
        fputc('\n', out);
    }
}

void config_log(const struct config_key keys[], size_t nkeys, const void *settings)
{
    for (size_t i = 0; i < nkeys; i++) {
        const struct config_key *k = &keys[i];
        const void *field = (const char *)settings + k->offset;

        switch (k->type) {
        case CONFIG_STR: log_info("config %s=%s", k->name, *(const char *const *)field); break;
        case CONFIG_SECRET:
            log_info("config %s is %s", k->name, **(const char *const *)field ? "set" : "not set");
            break;
        case CONFIG_INT: log_info("config %s=%" PRId64, k->name, *(const int64_t *)field); break;
        case CONFIG_BOOL:
            log_info("config %s=%s", k->name, *(const bool *)field ? "true" : "false");
            break;
        }
    }
}
