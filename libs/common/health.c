/* health.c - a list of checks that only grows. */
#include "health.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "json_out.h"

struct health_check {
    struct health_check *next;
    char *name;
    enum health_weight weight;
    bool passing; /* the latest news */
    bool trusted; /* what is believed of it */
    bool proven;  /* it has passed once */
    int64_t since_ms;
};

/* Guarded by the lock; checks stand in the order in which they were made. */
static struct health_check *checks;
static bool serving = true;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct health_check *health_check(const char *name, enum health_weight weight)
{
    struct health_check **at = &checks, *c;

    pthread_mutex_lock(&lock);
    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    if (!*at) {
        *at = calloc(1, sizeof(**at));
        if (!*at)
            abort();
        (*at)->weight = weight;
        (*at)->name = strdup(name);
        if (!(*at)->name)
            abort();
    }
    c = *at;
    pthread_mutex_unlock(&lock);
    return c;
}

/* News that have lasted are believed; good news of a new check at once. */
static void settle(struct health_check *c, int64_t now_ms)
{
    if (!c->proven || now_ms - c->since_ms >= HEALTH_HOLD_MS)
        c->trusted = c->passing;
    c->proven = c->proven || c->passing;
}

void health_set(struct health_check *c, bool passing)
{
    const int64_t now_ms = clock_mono_ms();

    pthread_mutex_lock(&lock);
    settle(c, now_ms);
    if (passing != c->passing) {
        c->passing = passing;
        c->since_ms = now_ms;
    }
    settle(c, now_ms);
    pthread_mutex_unlock(&lock);
}

void health_set_serving(bool yes)
{
    pthread_mutex_lock(&lock);
    serving = yes;
    pthread_mutex_unlock(&lock);
}

static bool in_the_way(const struct health_check *c)
{
    return !c->trusted && (c->weight == HEALTH_NEEDED || !c->proven);
}

static const char *word(const struct health_check *c)
{
    if (c->passing)
        return c->trusted ? "ok" : "recovering";
    return c->trusted ? "faltering" : "failing";
}

/* The list is written first, as the verdict is known only at its end. */
const char *health_report(struct arena *a, bool *ready)
{
    struct json_out j = json_out_new(a), list = json_out_new(a);
    const int64_t now_ms = clock_mono_ms();

    json_out_open(&list, NULL, '{');
    pthread_mutex_lock(&lock);
    *ready = serving;
    for (struct health_check *c = checks; c; c = c->next) {
        settle(c, now_ms);
        *ready = *ready && !in_the_way(c);
        json_out_str(&list, c->name, word(c));
    }
    pthread_mutex_unlock(&lock);
    json_out_close(&list, '}');

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "status", *ready ? "ready" : "unready");
    json_out_raw(&j, "checks", json_out_text(&list));
    json_out_close(&j, '}');
    return json_out_text(&j);
}

bool health_ready(struct arena *a, const char **missing)
{
    const int64_t now_ms = clock_mono_ms();
    bool ready;

    *missing = "";
    pthread_mutex_lock(&lock);
    for (struct health_check *c = checks; c; c = c->next) {
        settle(c, now_ms);
        if (in_the_way(c))
            *missing = arena_printf(a, "%s%s%s", *missing, **missing ? ", " : "", c->name);
    }
    ready = serving && !**missing;
    pthread_mutex_unlock(&lock);
    return ready;
}
