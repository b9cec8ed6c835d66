/* change.h - what a command that changes something does first and last: ask, and keep
 * record of who did what in the order service's table operator_log.
 *
 * The record is there before anything is done, so even what a crash cut short is known; what
 * cannot be recorded is not done. */
#ifndef WAYCTL_CHANGE_H
#define WAYCTL_CHANGE_H

#include "world.h"

struct change {
    const char *command;  /* "dead redrive" */
    const char *target;   /* an order, a queue, a message */
    const char *question; /* "Put 3 messages of order.dead back into order" */
    const char *id;       /* of the record; filled in by change_begin() */
};

/* ERR_FORBIDDEN: the operator says no, or cannot be asked. */
struct err change_begin(struct call *c, struct change *ch) MUST_CHECK;

/* Note how it ended: 'err', or 'outcome' when that is OK, which the report gets too. */
struct err change_end(struct call *c, const struct change *ch, struct err err,
                      const char *outcome) MUST_CHECK;

#endif
