/* entropy.h - random bytes for ids, many for each question to the kernel.
 *
 * A request or an event needs a few at a time, and a system call for each of them is a good part
 * of what it costs to answer. Not for secrets: what was handed out stays in memory. */
#ifndef COMMON_ENTROPY_H
#define COMMON_ENTROPY_H

#include <stddef.h>

enum { ENTROPY_MOST = 256 };

/* 'n' bytes, at most ENTROPY_MOST, that no thread is given a second time. A forked child
 * would repeat its parent: nobody here goes on after a fork. */
void entropy_bytes(void *out, size_t n);

#endif
