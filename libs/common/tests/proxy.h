/* proxy.h - a server seen through a wire that a test can cut or hold. */
#ifndef COMMON_TESTS_PROXY_H
#define COMMON_TESTS_PROXY_H

struct proxy;

/* Listens on a port of 127.0.0.1 and passes everything on to host:port. */
struct proxy *proxy_start(const char *host, int port);
void proxy_stop(struct proxy *p);
int proxy_port(const struct proxy *p);

void proxy_cut(struct proxy *p);            /* close every connection; new ones are fine */
void proxy_hold(struct proxy *p, int on);   /* pass nothing on, as a server that hangs */
void proxy_refuse(struct proxy *p, int on); /* close new connections at once: it is down */

#endif
