/* generate_text.c - texts that fit simple patterns. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"

enum { MAX_TEXT = 1024, MANY = 12 /* what + stands for, at most */ };

/* One character or class of a pattern, and how often it comes. */
struct atom {
    bool allowed[128];
    long least, most;
};

static const char *read_class(const char *p, struct atom *a)
{
    const bool negated = *p == '^';
    const char *first = p + negated;

    p = first;
    for (; *p && (*p != ']' || p == first); p++)
        if (p[1] == '-' && p[2] != ']' && p[2]) {
            for (unsigned char c = (unsigned char)*p; c <= (unsigned char)p[2]; c++)
                a->allowed[c] = true;
            p += 2;
        } else {
            a->allowed[(unsigned char)*p & 127] = true;
        }
    for (int c = 0; negated && c < 128; c++) /* of these: letters and digits only */
        a->allowed[c] = !a->allowed[c] && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'));
    return *p ? p + 1 : p;
}

static const char *read_times(const char *p, struct atom *a)
{
    char *end;

    a->least = a->most = 1;
    if (*p == '+') {
        a->most = MANY;
        return p + 1;
    }
    if (*p != '{')
        return p;
    a->least = a->most = strtol(p + 1, &end, 10);
    if (*end == ',')
        a->most = strtol(end + 1, &end, 10);
    return end + 1;
}

static const char *read_atom(const char *p, struct atom *a)
{
    memset(a, 0, sizeof(*a));
    if (*p == '[') {
        p = read_class(p + 1, a);
    } else {
        p += *p == '\\';
        a->allowed[(unsigned char)*p & 127] = true;
        p++;
    }
    return read_times(p, a);
}

static char any_of(struct rng *rng, const struct atom *a)
{
    int64_t c;

    do
        c = rng_between(rng, 0, 128);
    while (!a->allowed[c]);
    return (char)c;
}

/* The bounds are where mistakes are. */
static long how_often(struct rng *rng, const struct atom *a)
{
    switch (rng_between(rng, 0, 8)) {
    case 0: return a->least;
    case 1: return a->most;
    default:
        return rng_between(rng, a->least,
                           (a->most < a->least + MANY ? a->most : a->least + MANY) + 1);
    }
}

const char *generate_text(struct rng *rng, const char *pattern)
{
    static _Thread_local char text[MAX_TEXT];
    size_t n = 0;
    struct atom a;

    for (const char *p = pattern + (*pattern == '^'); *p && *p != '$';) {
        p = read_atom(p, &a);
        for (long i = how_often(rng, &a); i > 0 && n + 1 < sizeof(text); i--)
            text[n++] = any_of(rng, &a);
    }
    text[n] = '\0';
    return text;
}
