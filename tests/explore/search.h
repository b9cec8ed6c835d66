/* search.h - a breadth-first search through every world that a scenario can come to. */
#ifndef EXPLORE_SEARCH_H
#define EXPLORE_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"
#include "scenario.h"

enum { MAX_TRACE = 200 };

struct search_options {
    const struct scenario *scenario;
    enum reduction reduction;
    size_t max_states; /* beyond, the search fails; one takes about 100 bytes */
};

struct search_result {
    /* NULL: all is well. Otherwise an invariant, or what kept the search from its end. */
    const char *violated;
    struct step trace[MAX_TRACE]; /* a shortest way to it */
    size_t trace_len;

    size_t states, transitions, quiet;
    int most_shipped;    /* orders, in one quiet state */
    size_t depth;        /* steps to the farthest state */
    uint64_t quiet_hash; /* equal for two searches that found the same quiet states */
    double seconds;
};

/* States are visited in the order of their distance, so the first violation found has a
 * shortest trace. At the end it is checked that from each state a quiet one can be reached
 * by steps that must come: no order waits for its deadline, its customer or a fault. */
void search(const struct search_options *opt, struct search_result *out);

#endif
