/* process.h - a service as a process of its own, for tests of its whole life. */
#ifndef TESTS_PROCESS_H
#define TESTS_PROCESS_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct arena;
struct service;

struct process {
    pid_t pid;
    FILE *output; /* what it says */
};

/* This program once more, as the service 's', with one argument unless it is "". Settings
 * are those of our environment. A fork alone would not do: it takes one thread along, and the
 * locks that others hold. */
struct process process_run(const struct service *s, const char *arg);

/* To be asked first by main(): am I that child? Then *status is what main() returns. */
bool process_is_child(int argc, char **argv, const struct service *s, int *status);

void process_signal(const struct process *p, int signal);

/* All that it has said so far. */
const char *process_said(struct arena *a, const struct process *p);

/* Wait for its end: its exit status; *text gets what it said. A death by signal fails the
 * test. */
int process_ended(struct arena *a, struct process *p, const char **text);

#endif
