/* crowd.h - many people at once: run a function in so many threads and wait for all. */
#ifndef E2E_CROWD_H
#define E2E_CROWD_H

#include <stddef.h>

/* Each thread gets its number, 0 to n - 1, and 'arg'. They start together. */
void crowd_run(size_t n, void (*person)(size_t number, void *arg), void *arg);

#endif
