/* shim.h - what a broker and its clients may do to messages, and rarely do.
 *
 * For as long as it is switched on, everything bound for a service's queue goes through
 * us: we hold each message a while and pass them on in random order, each twice (same id,
 * same body). Messages are acknowledged only when they are passed on, so nothing is lost if
 * the broker ends in between. */
#ifndef CHAOS_SHIM_H
#define CHAOS_SHIM_H

#include <stdbool.h>
#include <stdint.h>

/* Before the first is switched on: the order in which they pass messages on comes
 * from this. (What there is to choose from comes from the clock.) */
void shim_seed(uint64_t seed);

/* 'queue' is order, inventory or payment. False: the broker does not answer, try again.
 * Off waits until all that was held has been passed on. */
bool shim_on(const char *queue);
bool shim_off(const char *queue);

/* The queue is gone, with all that waited in it. */
bool shim_delete_queue(const char *queue);

#endif
