/* loop.c - a thread that serves, pauses, and begins anew. */
#include "loop.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "health.h"
#include "http_client.h"
#include "log.h"

enum { FIRST_PAUSE_MS = 100, LAST_PAUSE_MS = 5000, COMPLAIN_MS = 60000 };

struct loop {
    struct loop_options opt;
    struct arena *arena; /* holds this */
    pthread_t thread;
    int bell; /* readable: stop */
    atomic_bool stopping;
    /* the thread's own */
    struct health_check *health;
    int pause_ms; /* after the next failure; 0: none yet */
    char complaint[160];
    int64_t complained_at;
};

bool loop_stopping(struct loop *l)
{
    return atomic_load(&l->stopping);
}

void loop_connected(struct loop *l)
{
    if (!l->pause_ms)
        health_set(l->health, true);
}

void loop_works(struct loop *l)
{
    if (l->pause_ms)
        log_info("%s works", l->opt.name);
    l->pause_ms = 0;
    l->complaint[0] = '\0';
    health_set(l->health, true);
}

/* Once for each error, and once a minute while it stays the same. */
static void complain(struct loop *l, const char *msg)
{
    const int64_t now = clock_mono_ms();

    if (strncmp(msg, l->complaint, sizeof(l->complaint) - 1) == 0 &&
        now - l->complained_at < COMPLAIN_MS)
        return;
    log_warn("%s: %s; will try again", l->opt.name, msg);
    strncpy(l->complaint, msg, sizeof(l->complaint) - 1);
    l->complained_at = now;
}

/* Longer each time; a random part of it off, so that what failed together does not
 * come back together. A stop ends it. */
static void pause_after_failure(struct loop *l)
{
    struct pollfd bell = {.fd = l->bell, .events = POLLIN};
    int ms = l->pause_ms ? l->pause_ms * 2 : FIRST_PAUSE_MS;

    if (ms > LAST_PAUSE_MS)
        ms = LAST_PAUSE_MS;
    l->pause_ms = ms;
    poll(&bell, 1, ms - (int)arc4random_uniform((uint32_t)ms / 2));
}

static void *run(void *arg)
{
    struct loop *l = arg;
    struct ctx ctx = {
        .arena = arena_new(),
        .db = db_open(&l->opt.db),
        .http = http_client_new(),
    };

    while (!loop_stopping(l)) {
        struct err err = db_ping(&ctx);

        if (!err.code)
            err = l->opt.serve(&ctx, l, l->opt.arg);
        if (err.code && !loop_stopping(l)) {
            health_set(l->health, false);
            complain(l, err.msg);
            pause_after_failure(l);
        }
        arena_reset(ctx.arena);
    }
    health_set(l->health, false);
    http_client_free(ctx.http);
    db_close(ctx.db);
    arena_free(ctx.arena);
    return NULL;
}

struct loop *loop_start(const struct loop_options *opt)
{
    struct arena *a = arena_new();
    struct loop *l = arena_alloc(a, sizeof(*l));

    l->arena = a;
    l->opt = *opt;
    l->opt.name = arena_strdup(a, opt->name);
    l->health = health_check(opt->health, HEALTH_TOLD);
    l->bell = eventfd(0, EFD_CLOEXEC);
    if (l->bell < 0 || pthread_create(&l->thread, NULL, run, l) != 0)
        abort(); /* at start; the supervisor tries again */
    return l;
}

void loop_stop(struct loop *l)
{
    if (!l)
        return;
    atomic_store(&l->stopping, true);
    if (eventfd_write(l->bell, 1) != 0)
        abort(); /* a counter that was 0 takes 1 */
    pthread_join(l->thread, NULL);
    close(l->bell);
    arena_free(l->arena);
}
