/* table.c - lays out a result in columns. */
#include "table.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "goals.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* In the order of the page; what matches none comes last. */
static const struct {
    const char *title, *pattern;
} sections[] = {
    {"Limits: the parts alone",                          "limits.*"     },
    {"Reads",                                            "reads.*"      },
    {"Writes",                                           "writes.*"     },
    {"Sagas: from POST to SHIPPED, through the gateway", "sagas.*"      },
    {"Cost: memory",                                     "cost.[pr]*"   },
    {"Cost: start to ready",                             "cost.start.*" },
    {"Cost: sizes of programs",                          "cost.binary.*"},
    {"Cost: sizes of images",                            "cost.image.*" },
    {"Cost: processor time, disk and messages",          "cost.*"       },
    {"Growth: rows that stay",                           "growth.*"     },
    {"How the load generator was checked",               "generator.*"  },
    {"Others",                                           "*"            },
};

/* Kept and compared, but too many for the page. */
static const char *const left_out[] = {
    "limits.*.p[59]*",    "reads.*.p[59]*",        "writes.*.p[59]*",
    "sagas.*.accepted.*", "sagas.*.shipped.p999*", "sagas.*.notified.p999*",
    "cost.idle.*",        "cost.private.*.idle",   "generator.check.late.*",
};

static const char *const verdicts[] = {
    [NO_GOAL] = "",
    [GOAL_MET] = "met",
    [GOAL_MISSED] = "MISSED",
    [GOAL_UNKNOWN] = "?",
};

static size_t section_of(const char *name)
{
    size_t i = 0;

    while (i + 1 < COUNT(sections) && fnmatch(sections[i].pattern, name, 0) != 0)
        i++;
    return i;
}

/* --- numbers -------------------------------------------------------------------------------- */

/* 12345 -> 12,345 */
static void put_thousands(double value, char text[32])
{
    char digits[24];
    const size_t len = (size_t)snprintf(digits, sizeof(digits), "%.0f", value);
    size_t at = 0;

    for (size_t i = 0; i < len && at < 30; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

void table_number(double value, char text[32])
{
    const double size = fabs(value);

    if (size >= 1000 && size < 1e15)
        put_thousands(value, text);
    else if (value == 0)
        snprintf(text, 32, "0");
    else
        snprintf(text, 32, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
}

/* --- lines ---------------------------------------------------------------------------------- */

static void print_settings(FILE *to, const struct result *r)
{
    for (size_t i = 0; i < r->nsettings; i++)
        fprintf(to, "  %-44s %s\n", r->settings[i].name, r->settings[i].value);
}

/* What others did at the same time is in all figures. */
static void warn_if_busy(FILE *to, const struct result *r)
{
    const double tolerable = 10;
    const char *percent = result_setting(r, "machine.busy");

    if (percent && strtod(percent, NULL) > tolerable)
        fprintf(to,
                "\n*** Others used %s %% of the processors before the bench began.\n"
                "*** Figures, and ratios too, say little about the stack.\n",
                percent);
}

static void spread_text(const struct spread *s, char text[16])
{
    if (s->n < 2)
        snprintf(text, 16, "1 run");
    else
        snprintf(text, 16, "±%.0f %%", spread_part(s) * 100);
}

static void ratio_text(const struct result *r, const struct figure *f, char text[16])
{
    const double part = goal_of_limit(r, f);

    text[0] = '\0';
    if (part > 0)
        snprintf(text, 16, "%.2f x", part);
}

static enum verdict print_figure(FILE *to, const struct result *r, const struct figure *f)
{
    const struct judgement j = goal_judge(r, f);
    char median[32], spread[16], ratio[16];

    table_number(f->spread.median, median);
    spread_text(&f->spread, spread);
    ratio_text(r, f, ratio);
    fprintf(to, "  %-36s %10s %-9s %*s %8s  %s%s%s\n", f->name, median, f->unit,
            f->spread.n < 2 ? 7 : 8, spread, ratio, j.goal ? j.goal : "", j.goal ? ": " : "",
            verdicts[j.verdict]);
    return j.verdict;
}

static bool is_left_out(const char *name)
{
    for (size_t i = 0; i < COUNT(left_out); i++)
        if (fnmatch(left_out[i], name, 0) == 0)
            return true;
    return false;
}

static void print_section(FILE *to, const struct result *r, size_t section, int tally[])
{
    bool titled = false;

    for (size_t i = 0; i < r->nfigures; i++) {
        if (section_of(r->figures[i].name) != section || is_left_out(r->figures[i].name))
            continue;
        if (!titled)
            fprintf(to, "\n%s\n", sections[section].title);
        titled = true;
        tally[print_figure(to, r, &r->figures[i])]++;
    }
}

static void print_left_out(FILE *to, const struct result *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->nfigures; i++)
        n += is_left_out(r->figures[i].name);
    if (n > 0)
        fprintf(to, "\n%zu more are in the file: other percentiles, processor time at rest.\n", n);
}

static void print_tally(FILE *to, const struct result *r, const int tally[])
{
    const char *pattern;

    fprintf(to, "\nGoals: %d met, %d missed", tally[GOAL_MET], tally[GOAL_MISSED]);
    if (tally[GOAL_UNKNOWN])
        fprintf(to, ", %d without what they are measured by", tally[GOAL_UNKNOWN]);
    fputs(".\n", to);
    for (size_t i = 0; (pattern = goal_unmeasured(r, i)); i++)
        fprintf(to, "%s%s", i ? ", " : "Not measured: ", pattern);
    if (goal_unmeasured(r, 0))
        fputs(".\n", to);
}

void table_print(FILE *to, const struct result *r)
{
    int tally[GOAL_UNKNOWN + 1] = {0};

    print_settings(to, r);
    fprintf(to, "\n  %-36s %10s %-9s %7s %8s  %s\n", "figure", "median", "", "spread", "of limit",
            "goal");
    for (size_t i = 0; i < COUNT(sections); i++)
        print_section(to, r, i, tally);
    print_left_out(to, r);
    print_tally(to, r, tally);
    warn_if_busy(to, r);
}
