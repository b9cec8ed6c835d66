/* wires.h - chosen connections of the stack go through proxies of ours, so that a
 * network can be cut, held or slowed between just two. */
#ifndef CHAOS_WIRES_H
#define CHAOS_WIRES_H

#include <stdbool.h>
#include <stddef.h>

/* Lay the wires, and bring the stack up with them and with further settings
 * for infra/stack.sh ('with'); then put things back. */
void wires_lay(const char *with);
void wires_remove(void);

/* "order-rabbitmq": who speaks, and whom to. NULL beyond the last. */
const char *wire_name(size_t i);

/* Each is in force on return; true, always. */
bool wire_cut(const char *wire);  /* connections end, new ones too */
bool wire_hold(const char *wire); /* nothing passes and nothing ends */
bool wire_mute(const char *wire); /* questions pass, answers do not */
bool wire_slow(const char *wire); /* 80 ms more, again and again */
bool wire_pass(const char *wire);

#endif
