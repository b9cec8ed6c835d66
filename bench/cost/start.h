/* start.h - how long a service takes from its start until it is ready. */
#ifndef BENCH_START_H
#define BENCH_START_H

#include <stddef.h>

/* Starts one more instance of each service so many times, with the very environment of the
 * one that runs but for port and name, and stops it again. Told as cost.start.<service>: from
 * just before fork() to the first 200 of /readyz, which says that the database, the broker
 * and Redis are reached. */
void start_tell(size_t runs);

#endif
