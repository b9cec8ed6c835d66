/* faults.h - everything that a run breaks, as a table. */
#ifndef CHAOS_FAULTS_H
#define CHAOS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

struct fault {
    const char *name;
    int weight;         /* how many cards of the deck are this one */
    int min_ms, max_ms; /* from injection to healing */
    /* False: it could not be done just now. Healing is tried until it can. */
    bool (*inject)(const char *what);
    const char *what;
    bool (*heal)(const char *how); /* NULL: it heals by itself */
    const char *how;
};

/* Not every stack allows all. */
bool fault_is_possible(const struct fault *f);

extern const struct fault faults[];
extern const size_t nfaults;

#endif
