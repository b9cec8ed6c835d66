/* saga.h - orders at a rate, and when each was confirmed, shipped, and its customer told.
 *
 * The moments are those of the commits that made them true for everybody, as PostgreSQL
 * notes them (track_commit_timestamp), read when all is over: so nothing but the orders
 * themselves loads the system while it is measured. They lack the flush of the commit
 * record, a fraction of a millisecond. All clocks are those of one machine. */
#ifndef BENCH_SAGA_H
#define BENCH_SAGA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "load.h"

enum moment { CONFIRMED, SHIPPED, NOTIFIED, MOMENTS };
extern const char *const moment_names[MOMENTS];

struct saga {
    char id[37];
    int64_t due_ns; /* when its customer wanted to send it; by CLOCK_REALTIME, as all here */
    int64_t at_ns[MOMENTS]; /* 0: never */
};

struct sagas {
    double rate, seconds;
    struct load_result *load;
    struct saga *list;
    size_t n;
    struct histogram took[MOMENTS]; /* since they were due */
    bool clean;                     /* each was accepted, and in time */
    double completed;               /* customers told, a second */
    double backlog_half, backlog;   /* orders not over half-way and at the end, in seconds' worth */
};

/* Runs until every order is over. The program ends when one that was accepted is not shipped,
 * or its customer not told. */
struct sagas *sagas_run(double rate, double warm_s, double seconds);
void sagas_free(struct sagas *s);

/* Was this rate held? All orders were accepted; the backlog at the end is at most a second's
 * worth; in the second half it grew by no more than a twentieth of what came then (or a tenth
 * of a second's worth, for runs that are short); the generator was on time. */
bool sagas_held(const struct sagas *s);

/* The answer to its POST tells an order's id. */
void saga_note(struct saga *s, int64_t due_ns, const char *body);

/* Fill in the moments of orders that are over, and sort them by id. The program ends when
 * one was not shipped, or its customer not told. */
void saga_moments(struct saga list[], size_t n);

/* Wait until no order, outbox or notification waits for anything. */
void sagas_drain(void);

#endif
