/* around.h - what orders cost: measured before, while and after a load is run. */
#ifndef BENCH_AROUND_H
#define BENCH_AROUND_H

#include <stddef.h>

/* Looks at the stack at rest, then runs the command so many times and looks at it while and
 * after it runs; the command ends when all its orders are over. Each time is one run of
 *   cost.cpu.<group>        milliseconds of processor time an order
 *   cost.rss.<service>.load MiB, the most that was seen
 *   cost.private.<service>.after   MiB that no other process has, too, when it was over
 *   cost.disk.*, cost.wal   bytes an order
 *   cost.messages.*         messages an order
 * and at rest, of
 *   cost.idle.<group>       milliseconds of processor time a second
 *   cost.rss.<service>.idle MiB
 * cost.rss.<service>.growth is what the memory grew by from the end of the first time to
 * that of the last, in KiB for each thousand orders in between. */
void around_tell(size_t runs, char *const command[]);

#endif
