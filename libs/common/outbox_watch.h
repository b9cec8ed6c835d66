/* outbox_watch.h - how much waits in the outbox and for how long: measured, shown, and
 * acted upon, for a broker that is away must not fill the disk in silence.
 *
 * Two alarms, each on at its limit and off below half of it, told by one line of the log
 * each time, by the metric waybill_alarms and by /readyz (which they do not turn off):
 *   outbox_old   the oldest event waits too long: see docs/runbooks/outbox-grows.md
 *   outbox_full  too many wait: outbox_room() refuses until half of them are gone */
#ifndef COMMON_OUTBOX_WATCH_H
#define COMMON_OUTBOX_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

struct outbox_limits {
    int64_t events; /* waiting at once, of all destinations together */
    int64_t old_s;  /* age of the oldest, seconds */
};

/* A step for worker.h: look once. 'arg' is a const struct outbox_limits. The look works
 * whether or not a broker is there, so it also tells that the database answers. */
struct err outbox_watch(struct ctx *ctx, void *arg, bool *more) MUST_CHECK;

#endif
