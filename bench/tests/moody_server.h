/* moody_server.h - an HTTP server for tests of the load generator: one thread that answers
 * at once, but for what it is told to do. */
#ifndef TESTS_MOODY_SERVER_H
#define TESTS_MOODY_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct moods {
    int stall_ms; /* once, at request number stall_at, it does nothing for so long */
    size_t stall_at;
    const char *status;  /* "200 OK" unless set */
    bool closes;         /* each connection after one answer, and says so */
    bool hangs_up;       /* instead of an answer */
    _Atomic size_t seen; /* requests */
};

int moody_server_start(struct moods *moods); /* its port */
void moody_server_stop(void);

#endif
