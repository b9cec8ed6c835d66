/* proxy.h - a server seen through a wire that a test can hold or cut. */
#ifndef COMMON_TESTS_PROXY_H
#define COMMON_TESTS_PROXY_H

struct proxy;

enum proxy_mode {
    PROXY_PASS, /* pass everything on */
    PROXY_HOLD, /* nothing: a network, or a server, that is stuck */
    PROXY_MUTE, /* what the client says, but not what the server answers */
    PROXY_CUT,  /* end every connection, refuse new ones: the server is down */
};

/* Listens on a port of 127.0.0.1 for connections to host:port. */
struct proxy *proxy_open(const char *host, int port);
/* The same at an address of this machine that others can reach. */
struct proxy *proxy_open_at(const char *address, const char *host, int port);
void proxy_close(struct proxy *p);

int proxy_port(const struct proxy *p);
void proxy_set(struct proxy *p, enum proxy_mode mode); /* in force when it returns */
int proxy_connections(struct proxy *p);                /* made so far, refused ones too */

#endif
