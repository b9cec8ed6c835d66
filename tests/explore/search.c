/* search.c - breadth first, and then backward from the quiet states. */
#include "search.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "states.h"

enum { MAX_CIRCLE = 16 };

/* Where the steps that must come lead: those of state n are targets[first[n]] up to
 * targets[first[n + 1]]. */
struct edges {
    uint32_t *targets;
    size_t count, room;
    size_t *first;
    size_t rows;
};

struct searcher {
    const struct scenario *sc;
    struct search_result *out;
    struct states *states;
    struct edges edges;
    uint32_t from; /* the state whose next ones are being visited */
    uint32_t bad;  /* the state that violates */
};

/* Of the processor, so that others on the machine do not count. */
static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void violation(struct searcher *s, const char *name, uint32_t state)
{
    if (s->out->violated || !name)
        return;
    s->out->violated = name;
    s->bad = state;
}

/* --- edges ------------------------------------------------------------------------------ */

static void edges_begin(struct edges *e)
{
    enum { ROOM = 1024 };

    *e = (struct edges){.room = ROOM, .rows = ROOM};
    e->targets = states_grow(NULL, e->room, sizeof(e->targets[0]));
    e->first = states_grow(NULL, e->rows, sizeof(e->first[0]));
}

static void edges_begin_row(struct edges *e, size_t row)
{
    if (row + 1 >= e->rows) {
        e->rows *= 2;
        e->first = states_grow(e->first, e->rows, sizeof(e->first[0]));
    }
    e->first[row] = e->count;
    e->first[row + 1] = e->count;
}

static void edges_add(struct edges *e, size_t row, uint32_t target)
{
    if (e->count == e->room) {
        e->room *= 2;
        e->targets = states_grow(e->targets, e->room, sizeof(e->targets[0]));
    }
    e->targets[e->count++] = target;
    e->first[row + 1] = e->count;
}

/* --- forward ---------------------------------------------------------------------------- */

static void meet(struct searcher *s, const struct world *w, struct origin from, bool must)
{
    uint64_t key[WORLD_WORDS];
    uint32_t number;
    bool added;

    world_pack(s->sc, w, key, NULL);
    if (!states_add(s->states, key, from, &number, &added)) {
        violation(s, "there are more states than the search may take", from.parent);
        return;
    }
    if (must)
        edges_add(&s->edges, s->from, number);
    if (added)
        violation(s, check_always(s->sc, w), number);
}

static void visit(void *arg, struct step step, bool must, const struct world *after)
{
    struct searcher *s = arg;

    s->out->transitions++;
    meet(s, after, (struct origin){s->from, step}, must);
}

static int shipped(const struct scenario *sc, const struct world *w)
{
    int n = 0;

    for (int i = 0; i < sc->orders; i++)
        n += w->sagas[i].status == ORDER_SHIPPED;
    return n;
}

static void expand(struct searcher *s, enum reduction reduction)
{
    const uint64_t *key = states_key(s->states, s->from);
    const struct world w = world_unpack(s->sc, key);

    edges_begin_row(&s->edges, s->from);
    if (model_next(s->sc, &w, reduction, visit, s) > 0)
        return;
    s->out->quiet++;
    if (shipped(s->sc, &w) > s->out->most_shipped)
        s->out->most_shipped = shipped(s->sc, &w);
    s->out->quiet_hash += states_hash(states_key(s->states, s->from), s->states->words);
    violation(s, check_quiet(s->sc, &w), s->from);
}

static void forward(struct searcher *s, enum reduction reduction)
{
    const struct world w = world_begin(s->sc);
    size_t level_end = 0;

    meet(s, &w, (struct origin){0}, false);
    for (; !s->out->violated && s->from < s->states->count; s->from++) {
        if (s->from == level_end) {
            s->out->depth += level_end > 0;
            level_end = s->states->count;
        }
        expand(s, reduction);
    }
}

/* --- backward --------------------------------------------------------------------------- */

static bool leads_on(const struct edges *e, const bool calms[], size_t state)
{
    if (e->first[state] == e->first[state + 1])
        return true; /* it is quiet itself */
    for (size_t i = e->first[state]; i < e->first[state + 1]; i++)
        if (calms[e->targets[i]])
            return true;
    return false;
}

/* Later states are mostly those that earlier ones lead to, so that few rounds, from the
 * last to the first, find all. */
static bool *find_calm(const struct searcher *s)
{
    const size_t n = s->states->count;
    bool *calms = states_grow(NULL, n, sizeof(calms[0])), changed = true;

    memset(calms, 0, n * sizeof(calms[0]));
    while (changed) {
        changed = false;
        for (size_t i = n; i-- > 0;) {
            if (calms[i] || !leads_on(&s->edges, calms, i))
                continue;
            calms[i] = changed = true;
        }
    }
    return calms;
}

/* How many states can follow by steps that must come, itself included; at most 'most'. */
static size_t followers(const struct edges *e, uint32_t state, size_t most)
{
    uint32_t found[MAX_CIRCLE] = {state};
    size_t n = 1;

    for (size_t i = 0; i < n; i++) {
        for (size_t k = e->first[found[i]]; k < e->first[found[i] + 1]; k++) {
            size_t at = 0;

            while (at < n && found[at] != e->targets[k])
                at++;
            if (at == n && n == most)
                return most;
            if (at == n)
                found[n++] = e->targets[k];
        }
    }
    return n;
}

/* Of the states that cannot become quiet, the nearest in the smallest circle tells most;
 * others may have a long way to go before they are caught in one. */
static void backward(struct searcher *s)
{
    bool *calms = find_calm(s);
    size_t least = MAX_CIRCLE + 1;
    uint32_t caught = 0;

    for (uint32_t i = 0; i < s->states->count; i++) {
        const size_t n = calms[i] ? least : followers(&s->edges, i, MAX_CIRCLE);

        if (n < least) {
            least = n;
            caught = i;
        }
    }
    if (least <= MAX_CIRCLE)
        violation(s, "every_state_can_become_quiet", caught);
    free(calms);
}

/* ---------------------------------------------------------------------------------------- */

static void retrace(const struct searcher *s)
{
    struct search_result *out = s->out;
    size_t n = 0;

    for (uint32_t i = s->bad; i != 0; i = s->states->origins[i].parent)
        n++;
    out->trace_len = n < MAX_TRACE ? n : MAX_TRACE;
    for (uint32_t i = s->bad; i != 0; i = s->states->origins[i].parent)
        if (--n < MAX_TRACE)
            out->trace[n] = s->states->origins[i].step;
}

void search(const struct search_options *opt, struct search_result *out)
{
    const double began = seconds();
    struct searcher s = {.sc = opt->scenario, .out = out};

    *out = (struct search_result){0};
    edges_begin(&s.edges);
    s.states = states_new(world_words(opt->scenario), opt->max_states);
    forward(&s, opt->reduction);
    if (!out->violated)
        backward(&s);
    if (out->violated)
        retrace(&s);
    out->states = s.states->count;
    out->seconds = seconds() - began;
    free(s.edges.targets);
    free(s.edges.first);
    states_free(s.states);
}
