/* stats.c - median and extremes. */
#include "stats.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 64 }; /* of the later ones, if there are more */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct spread spread_of(const double runs[], size_t n)
{
    double sorted[MOST_RUNS];
    const size_t skip = n > MOST_RUNS ? n - MOST_RUNS : 0;

    if (n == 0)
        return (struct spread){0};
    n -= skip;
    memcpy(sorted, runs + skip, n * sizeof(sorted[0]));
    qsort(sorted, n, sizeof(sorted[0]), by_value);
    return (struct spread){
        .median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
        .least = sorted[0],
        .most = sorted[n - 1],
        .n = n,
    };
}

double spread_part(const struct spread *s)
{
    const double half = (s->most - s->least) / 2;

    return s->median > 0 ? half / s->median : 0;
}

bool spread_overlaps(const struct spread *a, const struct spread *b)
{
    return a->least <= b->most && b->least <= a->most;
}
