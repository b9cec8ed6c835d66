/* jobs.h - work that no request and no event waits for. */
#ifndef PAYMENT_JOBS_H
#define PAYMENT_JOBS_H

#include <stdbool.h>

#include "ctx.h"
#include "err.h"

/* A step for worker.h: take one payment that is due, have the provider charge or undo
 * it, note the outcome, and take the next, for a tenth of a second or until none is left.
 * Many workers of many instances may do so at once. One that dies
 * on the way leaves a lease that runs out; then another asks the provider again, under
 * the same key. While the provider is down nothing is taken. */
struct err jobs_settle(struct ctx *ctx, void *arg, bool *more) MUST_CHECK;

#endif
