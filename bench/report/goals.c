/* goals.c - the tables of limits and goals, and how a figure is judged by them. */
#include "goals.h"

#include <fnmatch.h>
#include <string.h>

#include "arena.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Which part, alone, does what this figure needs it to do. The figure of a variant is
 * held against the same limit: parts know nothing of orders stored. */
static const struct {
    const char *pattern, *limit;
} limits[] = {
    {"sagas.sustained",        "limits.sql_floor"},
    {"reads.order.direct",     "limits.sql_read" },
    {"reads.order.gateway",    "limits.gateway"  },
    {"reads.products.direct",  "limits.mhd"      },
    {"reads.products.gateway", "limits.gateway"  },
    {"writes.order.*",         "limits.sql_post" },
};

enum kind {
    AT_LEAST_OF_LIMIT, /* the median over the limit's */
    AT_MOST,           /* the median in the figure's own unit */
    NOTHING,           /* is expected */
    NO_WORSE_BY,       /* than the figure without its last suffix, by this part of it */
};

/* A figure's goal is the first row that matches its name. A million orders stored may cost
 * 15 % over ten thousand, a second instance nothing but noise; what was relayed or handled is
 * forgotten. */
static const struct goal {
    const char *pattern;
    enum kind kind;
    double value;
} goals[] = {
    {"reads.*.p[59]*",              NOTHING,           0   }, /* a closed loop's say little */
    {"writes.*.p[59]*",             NOTHING,           0   },
    {"*.p999*",                     NOTHING,           0   }, /* of a short run: a few orders */
    {"*.backlog*",                  NOTHING,           0   },
    {"*.1m",                        NO_WORSE_BY,       0.15},
    {"*.x2",                        NO_WORSE_BY,       0.05},
    {"sagas.sustained",             AT_LEAST_OF_LIMIT, 1.5 },
    {"sagas.200.confirmed.p50",     AT_MOST,           8   }, /* ms */
    {"sagas.200.confirmed.p99",     AT_MOST,           25  },
    {"sagas.1000.confirmed.p99",    AT_MOST,           100 },
    {"reads.order.direct",          AT_LEAST_OF_LIMIT, 0.5 },
    {"reads.order.gateway",         AT_LEAST_OF_LIMIT, 0.5 },
    {"writes.order.gateway",        AT_LEAST_OF_LIMIT, 0.4 },
    {"cost.rss.*.load",             AT_MOST,           12  }, /* MiB */
    {"cost.rss.*.hour.growth",      AT_MOST,           0.5 }, /* what two readings differ by anyway */
    {"cost.start.*",                AT_MOST,           100 }, /* ms */
    {"growth.rows.stream.*",        AT_MOST,           0   },
    {"growth.rows.outbox.*",        AT_MOST,           0   },
    {"growth.rows.*.after_pruning", AT_MOST,           0   },
};

static const char *const variants[] = {".1m", ".x2"};

/* --- limits --------------------------------------------------------------------------------- */

/* The length of the name without what makes it a variant. */
static size_t base_length(const char *name)
{
    const size_t len = strlen(name);

    for (size_t i = 0; i < COUNT(variants); i++) {
        const size_t tail = strlen(variants[i]);

        if (len > tail && strcmp(name + len - tail, variants[i]) == 0)
            return len - tail;
    }
    return len;
}

const struct figure *goal_base(const struct result *r, const struct figure *f)
{
    const size_t len = base_length(f->name);

    return f->name[len] ? result_figure(r, arena_strndup(r->arena, f->name, len)) : NULL;
}

double goal_of_limit(const struct result *r, const struct figure *f)
{
    const char *base = arena_strndup(r->arena, f->name, base_length(f->name));

    for (size_t i = 0; i < COUNT(limits); i++) {
        const struct figure *limit;

        if (fnmatch(limits[i].pattern, base, 0) != 0)
            continue;
        limit = result_figure(r, limits[i].limit);
        return limit && limit->spread.median > 0 ? f->spread.median / limit->spread.median : 0;
    }
    return 0;
}

/* --- goals ---------------------------------------------------------------------------------- */

static const struct goal *goal_of(const char *name)
{
    for (size_t i = 0; i < COUNT(goals); i++)
        if (fnmatch(goals[i].pattern, name, 0) == 0)
            return &goals[i];
    return NULL;
}

static enum verdict met(bool is)
{
    return is ? GOAL_MET : GOAL_MISSED;
}

static struct judgement judge_by_limit(const struct result *r, const struct figure *f, double value)
{
    const double part = goal_of_limit(r, f);

    return (struct judgement){
        .verdict = part > 0 ? met(part >= value) : GOAL_UNKNOWN,
        .goal = arena_printf(r->arena, ">= %g x limit", value),
    };
}

static struct judgement judge_by_value(const struct result *r, const struct figure *f, double value)
{
    return (struct judgement){
        .verdict = met(f->spread.median <= value),
        .goal = arena_printf(r->arena, "<= %g %s", value, f->unit),
    };
}

static struct judgement judge_by_base(const struct result *r, const struct figure *f, double value)
{
    const struct figure *base = goal_base(r, f);
    const bool more = f->better == BETTER_MORE;
    struct judgement j = {.verdict = GOAL_UNKNOWN};
    double ratio;

    if (f->better == BETTER_NEITHER)
        return (struct judgement){.verdict = NO_GOAL};
    j.goal = arena_printf(r->arena, "%s %g x %s", more ? ">=" : "<=", more ? 1 - value : 1 + value,
                          "without");
    if (!base || base->spread.median <= 0)
        return j;
    ratio = f->spread.median / base->spread.median;
    j.verdict = met(more ? ratio >= 1 - value : ratio <= 1 + value);
    return j;
}

struct judgement goal_judge(const struct result *r, const struct figure *f)
{
    const struct goal *g = goal_of(f->name);

    if (!g)
        return (struct judgement){.verdict = NO_GOAL};
    switch (g->kind) {
    case AT_LEAST_OF_LIMIT: return judge_by_limit(r, f, g->value);
    case AT_MOST: return judge_by_value(r, f, g->value);
    case NOTHING: break;
    case NO_WORSE_BY: return judge_by_base(r, f, g->value);
    }
    return (struct judgement){.verdict = NO_GOAL};
}

static bool is_measured(const struct result *r, const char *pattern)
{
    for (size_t i = 0; i < r->nfigures; i++)
        if (fnmatch(pattern, r->figures[i].name, 0) == 0)
            return true;
    return false;
}

const char *goal_unmeasured(const struct result *r, size_t i)
{
    for (size_t k = 0; k < COUNT(goals); k++)
        if (goals[k].kind != NOTHING && !is_measured(r, goals[k].pattern) && i-- == 0)
            return goals[k].pattern;
    return NULL;
}
