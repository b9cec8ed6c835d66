/* raw.h - connections on which a client says what no client should, byte for byte. */
#ifndef HOSTILE_RAW_H
#define HOSTILE_RAW_H

#include <stdbool.h>
#include <stddef.h>

enum { RAW_MAX_ANSWERS = 16 };

/* What came back on one connection until the other side closed it. */
struct heard {
    int statuses[RAW_MAX_ANSWERS]; /* of each answer, in order; 100 is none */
    size_t n;
    bool closed; /* false: it was still open after RAW_PATIENCE_S */
    char *bytes; /* all of it, NUL-terminated; free() it */
    size_t len;
};

enum { RAW_PATIENCE_S = 15 };

/* Connected to 127.0.0.1, from 127.0.0.'from' (0: whatever the kernel takes), with room for
 * so many bytes that were not read yet (0: as usual). -1: refused, or no descriptor is left. */
int raw_connect(int port, int from, int room);

/* Whatever of it the other side takes; an end in between is no error. */
void raw_say(int fd, const char *bytes, size_t len);

/* Everything until the other side closes. Any thread may call it. */
struct heard raw_hear(int fd);

/* Gone without a goodbye: a reset instead of a FIN. */
void raw_vanish(int fd);

#endif
