/* web.h - an HTTP client for tests that lets them say anything, however wrong.
 *
 * Any thread may connect, write, read and request: in a thread that is not the test's own,
 * cmocka cannot fail a test, so what goes wrong is told by the answer's status. */
#ifndef TESTS_WEB_H
#define TESTS_WEB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct web_reply {
    int status; /* 0: there was no connection, or it ended before the answer did */
    const char *head, *body;
    size_t body_len;
};

/* A listening socket on a free port of 127.0.0.1. */
int web_listen(uint16_t *port);
uint16_t web_free_port(void);
bool web_listening(uint16_t port); /* does anybody? */

int web_connect(uint16_t port); /* -1: it cannot, and the log says why; the others bear it */
void web_write(int fd, const char *bytes, size_t len); /* an end in between is no error */

/* The next answer on 'fd', which stays open; 'head_only' for an answer to HEAD. */
struct web_reply web_read(struct arena *a, int fd, bool head_only);

/* Has the other side closed? Waits for it up to five seconds. */
bool web_closed(int fd);

/* One request on a connection of its own. 'headers' are lines that end in \r\n, or "". */
struct web_reply web_request(struct arena *a, uint16_t port, const char *method, const char *target,
                             const char *headers, const char *body);
struct web_reply web_get(struct arena *a, uint16_t port, const char *target);

/* The value of a header of the answer, or NULL. */
const char *web_header(struct arena *a, const struct web_reply *r, const char *name);

/* A member of the problem document in the answer's body; fails the test if it is none. */
const char *web_problem(struct arena *a, const struct web_reply *r, const char *member);

#endif
