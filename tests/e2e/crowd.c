/* crowd.c - many people at once. */
#include "crowd.h"

#include <pthread.h>
#include <stdlib.h>

struct member {
    pthread_t thread;
    size_t number;
    void (*person)(size_t, void *);
    void *arg;
    pthread_barrier_t *gate;
};

static void *enter(void *arg)
{
    struct member *m = arg;

    pthread_barrier_wait(m->gate);
    m->person(m->number, m->arg);
    return NULL;
}

void crowd_run(size_t n, void (*person)(size_t number, void *arg), void *arg)
{
    struct member *members = calloc(n, sizeof(*members));
    pthread_barrier_t gate;

    if (!members || pthread_barrier_init(&gate, NULL, (unsigned)n) != 0)
        abort();
    for (size_t i = 0; i < n; i++) {
        members[i] = (struct member){.number = i, .person = person, .arg = arg, .gate = &gate};
        if (pthread_create(&members[i].thread, NULL, enter, &members[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < n; i++)
        pthread_join(members[i].thread, NULL);
    pthread_barrier_destroy(&gate);
    free(members);
}
