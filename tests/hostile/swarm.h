/* swarm.h - many clients with bad manners at once, tended by one thread. */
#ifndef HOSTILE_SWARM_H
#define HOSTILE_SWARM_H

#include <stddef.h>

enum { SWARM_MAX = 16384 };

/* What one of them does with its connection. */
struct manners {
    const char *name;
    const char *first; /* said at once */
    const char *drips; /* then a byte of this at each beat, over and over; NULL: silence */
    int room;          /* bytes that wait for it at most; it takes one at each beat. 0: as usual */
};

struct swarm;

/* So many descriptors more than a test has anyway; what the machine's limit leaves. */
size_t swarm_room(size_t wanted);

/* 'n' clients at 'port', the addresses from 127.0.0.'from' on, so many at each. */
struct swarm *swarm_open(const struct manners *m, int port, size_t n, int from, size_t at_each);

/* One beat: each says and takes its byte. */
void swarm_beat(struct swarm *s);

size_t swarm_size(const struct swarm *s);    /* those that got a connection */
size_t swarm_cut_off(const struct swarm *s); /* those on whom the other side gave up */

/* How many were answered with this status, as far as their answers have come. */
size_t swarm_answered(const struct swarm *s, int status);

void swarm_close(struct swarm *s);  /* politely */
void swarm_vanish(struct swarm *s); /* with a reset, in the middle of what they do */

#endif
