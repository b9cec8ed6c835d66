/* model.h - everything that can happen next, as a table of steps.
 *
 * A step concerns one order. Some steps must come sooner or later (an event is delivered,
 * a worker goes on), others may (a customer changes his mind, something breaks). A world
 * in which nothing must happen any more is quiet. */
#ifndef EXPLORE_MODEL_H
#define EXPLORE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "world.h"

struct step {
    uint8_t kind, saga, arg;
};

/* What is drawn of it. */
struct step_view {
    enum actor from, to;
    const char *label, *note;
};

/* Do it; false, and nothing changes, where it cannot be done. */
bool model_do(const struct scenario *sc, struct world *w, struct step step);

/* 'w': before it. */
struct step_view model_view(const struct world *w, struct step step);

/* Steps that commute need not be tried in both orders. From some worlds it is enough to
 * try one party's steps, for whatever the others do now they can do afterwards as well:
 * a persistent set (docs/patterns/exhaustive-exploration.md has the argument, a test
 * compares the quiet worlds that are found). Each row includes the one above. */
enum reduction {
    REDUCE_NOTHING,
    REDUCE_SINKS,  /* events whose handling nobody's work depends on, one at a time */
    REDUCE_ORDERS, /* an order that does not touch the stock goes first */
};

/* Called for each step that can be done. */
typedef void model_visit(void *arg, struct step step, bool must, const struct world *after);

/* Visit the next worlds. Returns the number of steps visited that must come; 0: the world
 * is quiet. */
int model_next(const struct scenario *sc, const struct world *w, enum reduction reduction,
               model_visit *visit, void *arg);

#endif
