/* json_scan.c - the checks on the text of a JSON document. */
#include "json_scan.h"

#include <stdbool.h>
#include <string.h>

#include "utf8.h"

static const char invalid[] = "is not valid JSON";

struct scan {
    const char *at, *end;
    int depth, max_depth;
};

/* The text has a NUL at 'end', so looking one byte ahead is always safe. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Other escapes, and surrogates without their partner, are cJSON's to refuse. */
static const char *escape(struct scan *s)
{
    if (s->at[1] != 'u') {
        s->at += s->at[1] ? 2 : 1;
        return NULL;
    }
    if (strspn(s->at + 2, "0123456789abcdefABCDEF") < 4)
        return invalid;
    if (strncmp(s->at + 2, "0000", 4) == 0)
        return "must not contain \\u0000";
    s->at += 6;
    return NULL;
}

/* At the opening quote; ends after the closing one. */
static const char *string(struct scan *s)
{
    const char *wrong;
    size_t len;

    s->at++;
    while (*s->at != '"') {
        if (s->at == s->end)
            return invalid;
        if ((unsigned char)*s->at < 0x20)
            return "has a control character in a string";
        if (*s->at == '\\') {
            wrong = escape(s);
            if (wrong)
                return wrong;
            continue;
        }
        len = utf8_len(s->at, (size_t)(s->end - s->at));
        if (len == 0)
            return "is not valid UTF-8";
        s->at += len;
    }
    s->at++;
    return NULL;
}

static bool digits(struct scan *s)
{
    const char *from = s->at;

    while (is_digit(*s->at))
        s->at++;
    return s->at > from;
}

/* cJSON hands whatever looks like a number to strtod(3), which takes more than JSON. */
static const char *number(struct scan *s)
{
    s->at += *s->at == '-';
    if (*s->at == '0')
        s->at++;
    else if (!digits(s))
        return invalid;
    if (*s->at == '.') {
        s->at++;
        if (!digits(s))
            return invalid;
    }
    if (*s->at == 'e' || *s->at == 'E') {
        s->at++;
        s->at += *s->at == '+' || *s->at == '-';
        if (!digits(s))
            return invalid;
    }
    return is_digit(*s->at) || *s->at == '.' ? invalid : NULL;
}

/* Brackets are only counted; cJSON matches them. It also takes any byte below 0x21
 * for white space, and a NUL for the end of the text. */
static const char *token(struct scan *s)
{
    const char c = *s->at;

    if (c == '"')
        return string(s);
    if (c == '-' || is_digit(c))
        return number(s);
    if ((unsigned char)c < 0x20 && !strchr("\t\n\r", c ? c : 1))
        return "has a control character";
    if ((c == '{' || c == '[') && ++s->depth > s->max_depth)
        return "is nested too deeply";
    if (c == '}' || c == ']')
        s->depth--;
    s->at++;
    return NULL;
}

const char *json_scan(const char *text, size_t len, int max_depth, const char **at)
{
    struct scan s = {.at = text, .end = text + len, .max_depth = max_depth};
    const char *wrong = NULL;

    while (!wrong && s.at < s.end)
        wrong = token(&s);
    *at = s.at;
    return wrong;
}
