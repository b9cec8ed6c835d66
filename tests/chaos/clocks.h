/* clocks.h - the wall clock of one process jumps, and comes back.
 *
 * Each of the stack's processes that may jump is started with a library before all others
 * (skew.c), which adds what a file says to the time. */
#ifndef CHAOS_CLOCKS_H
#define CHAOS_CLOCKS_H

#include <stdbool.h>

/* NULL: it can be done here. Otherwise why not, in a few words. */
const char *clocks_impossible(void);

/* Make the files. What is returned are settings for infra/stack.sh, "ORDER_LD_PRELOAD=…". */
const char *clocks_lay(void);

/* 'process' is named "order-1". In force on return. */
bool clock_ahead(const char *process); /* by an hour */
bool clock_back(const char *process);
bool clock_right(const char *process);

#endif
