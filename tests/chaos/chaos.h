/* chaos.h - break the stack under load, mend it, and look whether the books balance. */
#ifndef CHAOS_CHAOS_H
#define CHAOS_CHAOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chaos {
    uint64_t seed;      /* repeats what is bought and what is broken */
    int64_t run_ms;     /* of load and faults; mending and waiting come on top */
    int64_t alone_ms;   /* of these, while one fault strikes at a time */
    int64_t gap_ms;     /* from one strike to the next, at most, when they overlap */
    int rate;           /* orders a second */
    int deadline_s;     /* of a saga: what cannot be finished takes as long */
    const char *only;   /* faults whose name holds this, or one of "redis|hangs"; "" for all */
    size_t at_least;    /* so many faults must have struck, or it was no test */
    const char *report; /* the file to write, Markdown; its folder exists */
};

/* True when nothing was found that must not be, which includes that too little was broken.
 * Beside a stack that tools/with-stack.sh started, one at a time. */
bool chaos_run(const struct chaos *c);

#endif
