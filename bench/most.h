/* most.h - how much of one kind of request a server can answer, and how fast at half of it. */
#ifndef BENCH_MOST_H
#define BENCH_MOST_H

#include "load.h"

/* Each run: as fast as l->connections go, then an open loop at half that rate, from which
 * the latencies are. 'settle' (or NULL) waits after each until the servers are at rest.
 * Figures: <name> in 'unit', <name>.p50, .p99 and .p999. What was refused or lost because
 * there was too much to do leaves a run without a figure; any other refusal ends the program. */
void most_measure(const struct load *l, const char *name, const char *unit, void (*settle)(void));

/* The first half of that: one run as fast as it goes, told as <name>.<of>. */
void most_fast(const struct load *l, const char *name, const char *of);

/* Requests of a list, one after the other, over and over: for load.request and load.arg. */
struct most_list {
    const char **texts;
    size_t n;
};
size_t most_next(void *list, size_t n, char text[LOAD_MAX_REQUEST]);

/* GET 'path' with a token. */
const char *most_get(const char *path, const char *token);

enum { MOST_CONNECTIONS = 32 };

#endif
