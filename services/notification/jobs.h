/* jobs.h - work that no request and no event starts. */
#ifndef NOTIFICATION_JOBS_H
#define NOTIFICATION_JOBS_H

#include <stdbool.h>

#include "ctx.h"
#include "err.h"

/* A step for worker.h: deliver what is due, a batch at most. */
struct err jobs_deliver(struct ctx *ctx, void *arg, bool *more) MUST_CHECK;

#endif
