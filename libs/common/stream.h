/* stream.h - Redis for one thread: commands in a pipeline, and Streams with
 * consumer groups (https://redis.io/docs/latest/develop/data-types/streams/).
 *
 * A struct stream is one connection. After any error it is closed inside and the
 * next call connects anew. Errors are UNAVAILABLE (Redis is gone, slow, loading, out
 * of memory) or INTERNAL (it objects to what we asked; a script failed).
 * The process must ignore SIGPIPE: hiredis writes to a socket that may be closed. */
#ifndef COMMON_STREAM_H
#define COMMON_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum {
    STREAM_MAX_BLOCK_MS = 1000, /* stream_read() waits no longer, so that a stop is quick */
    STREAM_MAX_DEAD = 100000,   /* a dead stream keeps about so many, the newest */
};

struct stream;

struct stream_address {
    const char *host, *password; /* password: NULL or "" for none */
    int port;
};

struct stream *stream_open(const struct stream_address *addr); /* connects on first use */
void stream_close(struct stream *s);                           /* NULL is fine */

struct err stream_ping(struct stream *s, struct arena *a) MUST_CHECK;

/* Run one Lua script for each of 'n' argument lists in one pipeline: loaded once,
 * called by its SHA1. args[i] holds 'nargs' strings after one key. After an error some
 * calls may have run; and when Redis forgets the script in between, some run twice. */
struct err stream_eval(struct stream *s, struct arena *a, const char *script, const char *key,
                       const char *const *const args[], size_t n, size_t nargs) MUST_CHECK;

/* Who reads what: a consumer of a group of a stream. */
struct stream_consumer {
    const char *key, *group, *name;
};

struct stream_entry {
    const char *id;     /* "1732100000000-0" */
    const char *event;  /* the field "event": an envelope; NULL when it is missing */
    int64_t deliveries; /* 1 the first time */
};

/* Create the group (and the stream) if need be, from the stream's beginning. */
struct err stream_group(struct stream *s, struct arena *a,
                        const struct stream_consumer *c) MUST_CHECK;

/* Entries that no consumer of the group has got; waits up to 'block_ms' (0: not at
 * all). A group that is gone is created again, from the stream's beginning. */
struct err stream_read(struct stream *s, struct arena *a, const struct stream_consumer *c,
                       int count, int block_ms, struct stream_entry **out, size_t *n) MUST_CHECK;

/* Take over entries that some consumer got but has not acknowledged for 'idle_ms'
 * (XAUTOCLAIM). With idle_ms 0 only those of this very consumer, whatever their age:
 * what it held when it died. Both count as a delivery. */
struct err stream_claim(struct stream *s, struct arena *a, const struct stream_consumer *c,
                        int64_t idle_ms, int count, struct stream_entry **out,
                        size_t *n) MUST_CHECK;

/* Delete the group's consumers, but this one, that hold nothing and have not asked for
 * 'idle_ms': instances that are gone for good. Redis itself never forgets one. */
struct err stream_forget_idle(struct stream *s, struct arena *a, const struct stream_consumer *c,
                              int64_t idle_ms) MUST_CHECK;

/* The last delivery of these entries came to nothing by no fault of theirs: it does not
 * count. They stay this consumer's. */
struct err stream_uncount(struct stream *s, struct arena *a, const struct stream_consumer *c,
                          const struct stream_entry entries[], size_t n) MUST_CHECK;

/* Acknowledge entries and delete them: one group reads the stream, so what is
 * handled is of no further use and the stream stays small. */
struct err stream_done(struct stream *s, struct arena *a, const struct stream_consumer *c,
                       const struct stream_entry entries[], size_t n) MUST_CHECK;

/* Move an entry that keeps failing to the stream "<key>.dead" with the reason. */
struct err stream_bury(struct stream *s, struct arena *a, const struct stream_consumer *c,
                       const struct stream_entry *e, const char *reason) MUST_CHECK;

/* Entries in the stream, and those delivered to the group but not acknowledged. */
struct err stream_backlog(struct stream *s, struct arena *a, const struct stream_consumer *c,
                          int64_t *length, int64_t *pending) MUST_CHECK;

#endif
