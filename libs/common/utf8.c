/* utf8.c - which byte sequences are characters. */
#include "utf8.h"

#include <stdbool.h>

/* The Unicode Standard, table 3-7: only the second byte's range depends on the first. */
static const struct {
    unsigned char first, last; /* range of the first byte */
    unsigned char low, high;   /* of the second */
    unsigned char len;
} forms[] = {
    {0x00, 0x7F, 0x00, 0x00, 1},
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static bool continues(unsigned char c)
{
    return c >= 0x80 && c <= 0xBF;
}

size_t utf8_len(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;

    if (len == 0)
        return 0;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (u[0] < forms[i].first || u[0] > forms[i].last)
            continue;
        if (forms[i].len == 1)
            return 1;
        if (forms[i].len > len || u[1] < forms[i].low || u[1] > forms[i].high)
            return 0;
        for (size_t n = 2; n < forms[i].len; n++)
            if (!continues(u[n]))
                return 0;
        return forms[i].len;
    }
    return 0;
}
