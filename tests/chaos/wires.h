/* wires.h - chosen connections of the stack go through proxies of ours, so that a
 * network can be cut, held or slowed between just two. */
#ifndef CHAOS_WIRES_H
#define CHAOS_WIRES_H

#include <stdbool.h>

/* Only where services and servers meet on this machine's loopback: not in containers. */
bool wires_possible(void);

/* Lay the wires, if possible, and restart the services that use them; then put things
 * back. Tokens last as long as a run does in between. */
void wires_lay(void);
void wires_remove(void);

/* 'wire' is named "order-rabbitmq". Each is in force on return; true, always. */
bool wire_cut(const char *wire);  /* connections end, new ones too */
bool wire_hold(const char *wire); /* nothing passes and nothing ends */
bool wire_mute(const char *wire); /* questions pass, answers do not */
bool wire_slow(const char *wire); /* 80 ms more, again and again */
bool wire_pass(const char *wire);

#endif
