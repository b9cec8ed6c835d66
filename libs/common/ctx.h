/* ctx.h - what one unit of work (a request, a message, a job) may touch.
 *
 * The shell (http.c, consumer.c, worker.c) makes one for each unit and owns all
 * of it; a use-case borrows it and leaves nothing behind. */
#ifndef COMMON_CTX_H
#define COMMON_CTX_H

#include <stddef.h>

#include "trace.h"

struct ctx {
    struct arena *arena;        /* everything created here dies with the unit */
    struct db *db;              /* this thread's connection, nobody else's */
    struct http_client *http;   /* likewise */
    struct trace trace;         /* W3C trace context, goes wherever the work goes */
    const char *request_id;     /* from the gateway, or NULL */
    const char *causation_id;   /* id of the event being handled, or NULL */
    const char *correlation_id; /* what all events of one flow share, or NULL */
    unsigned wakes;             /* workers to wake after the commit: worker.h */
    /* What the events of a batch are about, and what the store has fetched of it beforehand, by
     * one statement for all (batch.h); NULL where nothing was. */
    const char *const *subjects;
    size_t nsubjects;
    void *ahead;
};

#endif
