/* replicas.h - the instances of another service, and which of them to ask next.
 *
 * In turn, but not those that failed lately: a passive health check, as nginx has for its
 * upstreams. After REPLICA_AVOID_MS one call finds out whether an instance is back. When
 * all have failed they are asked all the same: whether to ask at all is the breaker's to
 * say. No clock, no lock: the caller has both. */
#ifndef COMMON_REPLICAS_H
#define COMMON_REPLICAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPLICA_AVOID_MS = 3000 };

struct replica {
    const char *url;
    int64_t avoid_until_ms; /* 0: it answered last time, or was never asked */
};

struct replicas {
    char *urls;
    struct replica *list;
    size_t n, next;
};

/* 'urls' (one, or several with commas between) is copied. */
void replicas_init(struct replicas *r, const char *urls);
void replicas_free(struct replicas *r);

/* The one to ask now; tell replicas_record() what came of it. */
struct replica *replicas_choose(struct replicas *r, int64_t now_ms);
void replicas_record(struct replica *one, int64_t now_ms, bool failed);

#endif
