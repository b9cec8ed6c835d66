/* jobs.h - work that no request and no event starts. */
#ifndef ORDER_JOBS_H
#define ORDER_JOBS_H

#include <stdbool.h>

#include "ctx.h"
#include "err.h"

/* A step for worker.h: cancel the sagas whose deadline has passed, or ask again. */
struct err jobs_expire(struct ctx *ctx, void *arg, bool *more) MUST_CHECK;

#endif
