/* conn.h - one keep-alive HTTP/1.1 connection that never blocks: a request, its answer.
 *
 * It understands what the servers under test say: answers with a Content-Length, one
 * after the other, at most CONN_ROOM bytes each. */
#ifndef BENCH_CONN_H
#define BENCH_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CONN_ROOM = 64 * 1024 };

struct conn {
    int fd; /* -1: closed */
    bool busy;
    size_t request; /* which one is under way */
    int64_t due_ns; /* when it was to be sent */
    size_t len;     /* of what has arrived of the answer */
    char in[CONN_ROOM + 1];
};

struct answer {
    int status;
    const char *body; /* NUL-terminated, valid until the connection is used again */
    bool closes;      /* the server will not take another request here */
};

bool conn_open(struct conn *c, int port); /* to 127.0.0.1 */
void conn_close(struct conn *c);          /* one that is closed, too */

/* All of it at once, for it fits into the socket's buffer; false: the connection is gone. */
bool conn_send(struct conn *c, const char *request, size_t len);

/* What has arrived: 1 when an answer is complete, 0 when there is more to come, -1 when
 * the connection is gone or what came makes no sense. */
int conn_receive(struct conn *c, struct answer *out);

#endif
