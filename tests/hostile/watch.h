/* watch.h - what must go on while somebody misbehaves: the processes live, their memory
 * stays bounded, and other clients are served.
 *
 * Between watch_begin() and watch_end() a well-behaved client, from an address of its own,
 * lists products, asks for its orders and places some, and every process's resident memory
 * is looked at. In containers, whose processes we cannot see, memory is bounded by the
 * container's limit and only the rest is watched; and a sanitizer's memory is its own. */
#ifndef HOSTILE_WATCH_H
#define HOSTILE_WATCH_H

/* Resident memory that a process may gain. A service reads only what is
 * complete. The gateway collects bodies of 64 KiB, a thousand for each address, and keeps
 * a few KiB for each connection (infra/gateway). */
enum { WATCH_SERVICE_MIB = 8, WATCH_GATEWAY_MIB = 80 };

enum watch_orders { WATCH_READS_ONLY, WATCH_ORDERS_TOO };

void watch_begin(enum watch_orders orders);

/* How often the client was served until now. */
unsigned watch_served(void);

/* Fails the test when the client was once not served, a process is another than before, or
 * one gained more memory than it may. Prints what was seen. */
void watch_end(void);

#endif
