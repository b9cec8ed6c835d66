/* procs.h - what the stack's processes use, from /proc.
 *
 * Which processes: what runit started for each component of the native stack, and all that
 * descends from it. The program ends when a component does not run. */
#ifndef BENCH_PROCS_H
#define BENCH_PROCS_H

#include <sys/types.h>

/* Components that are reckoned as one, in the order of the table. */
enum group {
    USER,
    ORDER,
    INVENTORY,
    PAYMENT,
    NOTIFICATION,
    PROVIDER,
    SERVICES = PROVIDER, /* those before it */
    POSTGRESQL,
    RABBITMQ,
    REDIS,
    NGINX,
    GROUPS,
};

extern const char *const group_names[GROUPS];

/* Processor time in milliseconds since they started, of all instances and their
 * descendants, with those that have ended: a connection's PostgreSQL process, say. The
 * kernel counts it in ticks of 10 ms for each process. */
double group_cpu_ms(enum group g);

/* Resident memory in MiB of the largest instance; for services, which are one process each. */
double group_rss_mib(enum group g);

/* What of it no other process has, too: without the pages of libraries that are shared. */
double group_private_mib(enum group g);

/* The first instance's process. */
pid_t group_pid(enum group g);

#endif
