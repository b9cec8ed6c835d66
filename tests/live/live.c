/* live.c - asks, looks at the answers, counts. */
#include "live.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "judge.h"
#include "pool.h"
#include "spoil.h"

enum {
    MAX_WRONG = 20,
    MAX_KINDS = 64,
    RENEW_S = 300,
    MOST_OFTEN = 8,
    STATUSES = 600,
    /* What a run must have done to requests to be worth anything. Rarer kinds take a long
     * run, so these are a good deal less than the usual: 33 kinds and one in two. */
    LEAST_KINDS = 20,
    ONE_IN = 3, /* of all to be spoiled, and of those to be refused */
};

static struct tally {
    int64_t requests, spoiled, refused, wrong; /* refused: of those spoiled */
    int64_t statuses[STATUSES];
    int64_t asked[MAX_OPERATIONS], carried_out[MAX_OPERATIONS];
    struct kind {
        const char *what;
        int64_t n, refused;
    } kinds[MAX_KINDS];
    size_t nkinds;
} tally;

static void count_kind(const char *what, bool refused)
{
    size_t i = 0;

    while (i < tally.nkinds && strcmp(tally.kinds[i].what, what) != 0)
        i++;
    if (i == MAX_KINDS)
        return;
    if (i == tally.nkinds)
        tally.kinds[tally.nkinds++].what = what;
    tally.kinds[i].n++;
    tally.kinds[i].refused += refused;
}

static void count(const struct draft *d, const struct reply *r)
{
    const size_t op = (size_t)(d->op - operations.list);

    tally.requests++;
    tally.asked[op]++;
    tally.carried_out[op] += r->status >= 200 && r->status < 300;
    if (r->status >= 0 && r->status < STATUSES)
        tally.statuses[r->status]++;
    tally.spoiled += d->nbroken > 0;
    tally.refused += d->nbroken > 0 && r->status >= 400;
    if (d->nbroken == 0)
        count_kind("(as described)", r->status >= 400);
    for (size_t i = 0; i < d->nbroken; i++)
        count_kind(d->broken[i], r->status >= 400);
}

static void report_wrong(const struct draft *d, const struct reply *r, const char *fault,
                         const struct live *options)
{
    if (++tally.wrong > MAX_WRONG)
        return;
    printf("\n#%" PRId64 " %s: %s\n  done to it:", tally.requests, d->op->id, fault);
    for (size_t i = 0; i < d->nbroken; i++)
        printf(" %s;", d->broken[i]);
    printf("\n  ");
    draft_print(d, options->folder);
    printf("  %d %.500s\n", r->status, r->body ? r->body : "");
}

/* What takes a body can be asked wrongly in more ways. But hashing passwords is slow, and
 * there is a limit on it. */
static int weight(const struct operation *op)
{
    if (strcmp(op->id, "register") == 0 || strcmp(op->id, "signIn") == 0)
        return 1;
    return op->body ? MOST_OFTEN : 2;
}

static const struct operation *choose(struct rng *rng)
{
    const struct operation *op;

    do
        op = &operations.list[rng_between(rng, 0, (int64_t)operations.n)];
    while (rng_between(rng, 0, MOST_OFTEN) >= weight(op));
    return op;
}

/* The same again under the same Idempotency-Key: the same answer, for it is the stored one. */
static const char *judge_repeat(const struct draft *d, const struct reply *first)
{
    const char *fault = NULL;
    struct reply again;

    if (!*d->key || first->status >= 300)
        return NULL;
    again = draft_send(d);
    if (again.status == 429 || again.status == 503)
        fault = NULL;
    else if (again.status != first->status || strcmp(again.body, first->body) != 0)
        fault = "the same again had another answer";
    else if (!reply_header(&again, "Idempotent-Replayed"))
        fault = "the same again was done again";
    reply_free(&again);
    return fault;
}

static void ask(struct rng *rng, const struct live *options)
{
    const int64_t faults = rng_between(rng, 0, 10); /* 0 to 3: none; 9: two; else one */
    struct draft d;
    struct reply r;
    const char *fault;

    draft_make(&d, rng, choose(rng));
    for (int64_t i = 0; faults > 3 && i < (faults == 9 ? 2 : 1); i++)
        for (int tries = 0; tries < 20 && !spoil(&d, rng);)
            tries++;
    r = draft_send(&d);
    count(&d, &r);
    fault = judge(&d, &r);
    if (!fault)
        fault = judge_repeat(&d, &r);
    if (fault)
        report_wrong(&d, &r, fault, options);
    else
        pool_learn(d.op, &r);
    reply_free(&r);
    draft_free(&d);
}

/* --- the report ----------------------------------------------------------- */

static bool each_was_carried_out(void)
{
    bool all = true;

    printf("\n%-22s %9s %12s\n", "operation", "asked", "carried out");
    for (size_t i = 0; i < operations.n; i++) {
        printf("%-22s %9" PRId64 " %12" PRId64 "\n", operations.list[i].id, tally.asked[i],
               tally.carried_out[i]);
        all = all && tally.carried_out[i] > 0;
    }
    return all;
}

static bool enough_was_spoiled(void)
{
    const size_t ways = tally.nkinds - 1; /* one row is of those that are as described */

    printf("%" PRId64 " requests were spoiled in %zu ways, and %" PRId64 " of them refused\n",
           tally.spoiled, ways, tally.refused);
    return ways >= LEAST_KINDS && tally.spoiled * ONE_IN >= tally.requests &&
           tally.refused * ONE_IN >= tally.spoiled;
}

static void print_tally(void)
{
    printf("\n%-32s %9s %9s\n", "what was done to a request", "times", "refused");
    for (size_t i = 0; i < tally.nkinds; i++)
        printf("%-32s %9" PRId64 " %9" PRId64 "\n", tally.kinds[i].what, tally.kinds[i].n,
               tally.kinds[i].refused);
    printf("\nanswers:");
    for (int s = 0; s < STATUSES; s++)
        if (tally.statuses[s])
            printf(" %d: %" PRId64, s, tally.statuses[s]);
    printf("\n%" PRId64 " requests, %" PRId64 " wrong answers\n", tally.requests, tally.wrong);
}

bool live_run(const struct live *options)
{
    struct rng rng = {.state = options->seed};
    const time_t began = time(NULL);
    time_t renewed = began;
    bool all, enough;

    memset(&tally, 0, sizeof(tally));
    operations_load("contracts/openapi.json");
    pool_fill();
    while ((options->requests == 0 || tally.requests < options->requests) &&
           (options->seconds == 0 || time(NULL) < began + options->seconds)) {
        if (time(NULL) > renewed + RENEW_S) {
            pool_renew();
            renewed = time(NULL);
        }
        ask(&rng, options);
    }
    all = each_was_carried_out();
    print_tally();
    enough = enough_was_spoiled();
    printf("seed %" PRIu64 ", %ld s\n", options->seed, (long)(time(NULL) - began));
    fflush(stdout);
    books_must_balance();
    return all && enough && tally.wrong == 0;
}
