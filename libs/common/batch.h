/* batch.h - events handled many at a time: what consumer.c and stream_reader.c share.
 *
 * All envelopes of a batch are handled in one unit of work, with their inbox rows. If
 * anything fails it is rolled back, and each runs in a unit of its own: so one bad
 * event is found alone, and its neighbours are handled.
 *
 * What handlers read of their subjects before they write, the store may fetch ahead, for all
 * events by one statement that travels with the inbox's. Not when each runs alone: then a store
 * asks for itself, and may wait for the answer to what it writes. */
#ifndef COMMON_BATCH_H
#define COMMON_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "ctx.h"
#include "err.h"
#include "event.h"

struct batch;

struct envelope {
    const char *text;
    size_t len;
    const char *id, *type; /* what the transport says, until the envelope is read */
    const char *time;      /* when it happened; NULL until then */
    /* filled in by batch_handle() */
    struct err outcome;
    bool duplicate; /* it was handled before */
};

/* What becomes of an event. */
enum fate { FATE_DONE, FATE_LATER, FATE_BURY };

/* The rule, by the outcome's code; 'may_retry': there are tries left. */
enum fate batch_fate(enum err_code outcome, bool may_retry);

/* 'source' labels the metrics: the queue or stream. 'ahead' may be NULL. 'list' is borrowed. */
struct batch *batch_new(const char *source, event_ahead *ahead, const struct subscription list[],
                        size_t n);
void batch_free(struct batch *b); /* NULL is fine */

/* OK: every envelope has its outcome, and what succeeded is committed. Otherwise the
 * database is gone (UNAVAILABLE): nothing was decided. */
struct err batch_handle(struct batch *b, struct ctx *ctx, struct envelope list[],
                        size_t n) MUST_CHECK;

/* The fate of one envelope after batch_handle(), logged and counted. */
enum fate batch_judge(struct batch *b, const struct envelope *e, bool may_retry);

#endif
