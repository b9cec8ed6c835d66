/* live.h - the fuzz run of the whole system through its gateway, driven by
 * contracts/openapi.json.
 *
 * Requests that are as described, and requests that are not, in one of many ways or in
 * several; each answer is held against the description: no 5xx but a 503 that says when to
 * come back, problems of the right form, yes to nothing that is wrong, no "malformed" to
 * what is right. At the end the books balance. A seed repeats the run, but for what
 * servers choose: ids and times. */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

struct live {
    uint64_t seed;
    int64_t requests;   /* 0: no bound */
    int64_t seconds;    /* 0: no bound */
    const char *folder; /* for bodies that are too large to print */
};

/* Prints each request whose answer is wrong as a command, and a table at the end. True:
 * there was none, each operation was carried out once at least, requests were spoiled in many
 * ways and a fair part of those was refused, and the books balance. */
bool live_run(const struct live *options);

#endif
