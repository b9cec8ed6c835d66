/* load.h - the load generator: requests over many connections from one thread.
 *
 * Open loop (rate > 0): requests are due at times that are set before the first is sent,
 * evenly spread or as a Poisson process, and wait for nobody. A request's latency counts
 * from when it was due, so a server that stalls is charged with all who came meanwhile,
 * and a generator that is late makes the figures worse, never better.
 *
 * Closed loop (rate 0): each connection sends its next request when it has its answer.
 * That finds what a server can do at most; its latencies say little.
 *
 * An answer that is not 2xx is 'refused', a connection that breaks or an answer that does
 * not come in time is 'broken': neither counts as an answer, nor in the latencies. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"

enum { LOAD_MAX_REQUEST = 8192 };

struct load {
    int port;        /* on 127.0.0.1 */
    int connections; /* open ones; in an open loop more requests than this wait */
    double rate;     /* requests a second; 0: closed loop */
    bool poisson;    /* else evenly spread */
    double warm_s;   /* before anything counts */
    double seconds;  /* that count */
    /* Writes request number n and returns its length. */
    size_t (*request)(void *arg, size_t n, char text[LOAD_MAX_REQUEST]);
    /* Sees each answer of 2xx; NULL: nobody wants to. */
    void (*answered)(void *arg, size_t n, int64_t due_ns, const char *body);
    void *arg;
};

struct load_result {
    struct histogram latency; /* of what counts */
    struct histogram late;    /* how long after they were due the generator saw to requests */
    size_t sent, answered, refused, broken;
    double rate;                /* answers a second while it counted */
    int status;                 /* of the last answer that was refused, 0: there was none */
    int64_t began_ns, ended_ns; /* by CLOCK_REALTIME: the first and the last due time */
};

/* At least as many requests as an open loop will send. */
size_t load_arrivals(const struct load *l);

/* The result is to be freed; NULL when no connection could be opened. */
struct load_result *load_run(const struct load *l);

/* True, or says on standard error what was wrong: answers missing or refused. */
bool load_clean(const struct load_result *r, const char *what);

/* False when there was no answer that counts, or a refusal for another reason than that
 * there was too much to do: then something is broken, not slow. */
bool load_sane(const struct load_result *r);

#endif
