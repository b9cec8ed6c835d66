/* health.c - a list of checks that only grows. */
#include "health.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "json_out.h"

struct health_check {
    struct health_check *next;
    char *name;
    bool ready;
};

/* Guarded by the lock; checks stand in the order in which they were made. */
static struct health_check *checks;
static bool serving = true;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct health_check *health_check(const char *name)
{
    struct health_check **at = &checks, *c;

    pthread_mutex_lock(&lock);
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = calloc(1, sizeof(**at));
        if (!*at)
            abort();
        (*at)->name = strdup(name);
        if (!(*at)->name)
            abort();
    }
    c = *at;
    pthread_mutex_unlock(&lock);
    return c;
}

void health_set(struct health_check *c, bool ready)
{
    pthread_mutex_lock(&lock);
    c->ready = ready;
    pthread_mutex_unlock(&lock);
}

void health_set_serving(bool yes)
{
    pthread_mutex_lock(&lock);
    serving = yes;
    pthread_mutex_unlock(&lock);
}

/* The list is written first, as the verdict is known only at its end. */
const char *health_report(struct arena *a, bool *ready)
{
    struct json_out j = json_out_new(a), list = json_out_new(a);

    json_out_open(&list, NULL, '{');
    pthread_mutex_lock(&lock);
    *ready = serving;
    for (const struct health_check *c = checks; c; c = c->next) {
        *ready = *ready && c->ready;
        json_out_str(&list, c->name, c->ready ? "ok" : "failing");
    }
    pthread_mutex_unlock(&lock);
    json_out_close(&list, '}');

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "status", *ready ? "ready" : "unready");
    json_out_raw(&j, "checks", json_out_text(&list));
    json_out_close(&j, '}');
    return json_out_text(&j);
}
