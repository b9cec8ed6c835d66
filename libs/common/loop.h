/* loop.h - a thread that serves a connection until it breaks, pauses, and begins anew:
 * what consumer.c and stream_reader.c have in common around their work.
 *
 * The database comes first: while it does not answer, 'serve' is not called, so that
 * nothing is taken from a queue that could not be handled. */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <stdbool.h>

#include "ctx.h"
#include "db.h"
#include "err.h"

struct loop;

/* Connect and work until loop_stopping() or an error. */
typedef struct err loop_serve(struct ctx *ctx, struct loop *l, void *arg);

struct loop_options {
    const char *name;   /* for the log: "consumer order" */
    const char *health; /* the check: passes while it works */
    struct db_options db;
    loop_serve *serve;
    void *arg;
};

struct loop *loop_start(const struct loop_options *opt);
void loop_stop(struct loop *l); /* asks, and waits until 'serve' returns; NULL is fine */

bool loop_stopping(struct loop *l);

/* 'serve' is connected. That is enough for the check to pass while nothing has failed: a
 * start is ready without having waited for a first message. */
void loop_connected(struct loop *l);

/* 'serve' is connected and has got something done. */
void loop_works(struct loop *l);

#endif
