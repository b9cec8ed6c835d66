/* worker.h - a thread that repeats one step: when woken, and once a period anyway.
 *
 * Being woken is a hint that makes things fast; the period is what makes them
 * right, for a hint may be lost with the process that meant to give it. Errors are
 * logged once each time they change, and back off up to ten periods. */
#ifndef COMMON_WORKER_H
#define COMMON_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "db.h"
#include "err.h"

/* Bits of ctx->wakes: who has work once this transaction has committed. */
enum { WAKE_BUS_RELAY = 1, WAKE_STREAM_RELAY = 2, WAKE_JOBS = 4 };

/* One step, with its units of work bracketed by itself (db_unit_begin…). Set *more
 * when there is more to do at once. */
typedef struct err worker_step(struct ctx *ctx, void *arg, bool *more);

struct worker_options {
    const char *name; /* also its health check: it passes while its steps succeed */
    bool needed;      /* without it no request can be answered (health.h) */
    worker_step *step;
    void *arg;
    unsigned wake_on; /* WAKE_… bits, or 0 */
    int64_t period_ms;
    /* How long, once woken, to let more come before the step: for work that nobody waits for,
     * which is cheaper done together. */
    int64_t linger_ms;
    struct db_options db;
};

struct worker;

struct worker *worker_start(const struct worker_options *opt);
void worker_stop(struct worker *w); /* finishes the step in hand; NULL is fine */

/* Wake those of this process that asked for one of these bits; of several with the same step
 * and argument only one (when all are busy, whoever is done first), which wakes the next by calling
 * this when it has found work and will be busy with it. All of them would mostly find that another
 * was faster. */
void worker_wake(unsigned bits);

/* In a step: wait for the next wake, at most 'ms'. False: none came, or a stop did, or no
 * worker runs this; do not wait again, then. */
bool worker_await(int64_t ms);

#endif
