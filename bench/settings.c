/* settings.c - how long and how often the bench measures. */
#include "settings.h"

#include <stdio.h>
#include <stdlib.h>

size_t bench_numbers(const char *name, const char *otherwise, double list[], size_t room)
{
    const char *text = getenv(name), *at = text && *text ? text : otherwise;
    size_t n = 0;
    char *end;

    for (; n < room; n++, at = end) {
        list[n] = strtod(at, &end);
        if (end == at)
            break;
        if (list[n] <= 0)
            n = room;
    }
    if (n > 0 && at[0] == '\0')
        return n;
    fprintf(stderr, "%s: numbers greater than 0 are due, %zu at most\n", name, room);
    exit(2);
}

static double number(const char *name, const char *otherwise)
{
    double value;

    bench_numbers(name, otherwise, &value, 1);
    return value;
}

double bench_seconds(void)
{
    return number("BENCH_SECONDS", "10");
}

double bench_warm(void)
{
    return bench_seconds() / 10;
}

size_t bench_runs(void)
{
    return (size_t)number("RUNS", "3");
}
