/* faults.h - everything that a run breaks, as a table. */
#ifndef CHAOS_FAULTS_H
#define CHAOS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

struct fault {
    const char *kind; /* under which the report counts it */
    const char *name;
    int weight;         /* cards of it in the deck of those that overlap; 0: it breaks nothing */
    int min_ms, max_ms; /* from injection to healing */
    /* False: it could not be done just now. Healing is tried until it can. */
    bool (*inject)(const char *what);
    const char *what;              /* NULL: a wire, drawn for each card */
    bool (*heal)(const char *how); /* NULL: it heals by itself */
    const char *how;               /* NULL: as 'what' */
};

/* NULL: it can be done on this stack. Otherwise why not, in a few words. */
const char *fault_impossible(const struct fault *f);

extern const struct fault faults[];
extern const size_t nfaults;

#endif
