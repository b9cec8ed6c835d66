/* judge.c - tells a regression from noise. */
#include "judge.h"

#include <math.h>
#include <string.h>

/* What makes two machines two, as far as figures go. */
static const char *const identity[] = {"machine.cpu", "machine.cores"};

static bool is_large(const struct spread *a, const struct spread *b)
{
    const bool few = a->n < JUDGE_RUNS || b->n < JUDGE_RUNS;
    const double least = fmin(a->median, b->median);
    const double apart = fabs(a->median - b->median);

    /* Of the smaller one, so that half and double are the same distance. */
    return apart > least * (few ? JUDGE_THRESHOLD_ALONE : JUDGE_THRESHOLD);
}

enum change judge_change(const struct figure *before, const struct figure *after)
{
    const struct spread *a = &before->spread, *b = &after->spread;

    if (spread_overlaps(a, b) || !is_large(a, b))
        return CHANGE_NONE;
    if (after->better == BETTER_NEITHER)
        return CHANGE_NEITHER;
    return (b->median > a->median) == (after->better == BETTER_MORE) ? CHANGE_BETTER : CHANGE_WORSE;
}

const char *judge_other_machine(const struct result *a, const struct result *b)
{
    for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++) {
        const char *one = result_setting(a, identity[i]), *two = result_setting(b, identity[i]);

        if (!one || !two || strcmp(one, two) != 0)
            return identity[i];
    }
    return NULL;
}
