/* worker.c - threads that repeat a step, and the bell that wakes them. */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "clock.h"
#include "health.h"
#include "http_client.h"
#include "log.h"
#include "metrics.h"

enum { BACKOFF_PERIODS = 10, COMPLAIN_MS = 60000 };

struct worker {
    struct worker_options opt;
    struct arena *arena; /* holds this */
    struct db *db;
    pthread_t thread;
    pthread_cond_t bell;
    bool waiting, woken, stopping; /* under the lock, like the bell */
    bool owed; /* the first of its kind: a wake for whoever is done next, for none waited */
    struct worker *next;
    /* the thread's own */
    struct health_check *health;
    struct metric *errors;
    int failures; /* since the last success */
    char complaint[160];
    int64_t complained_at;
};

/* One lock for all workers: it is held for moments, and the list needs it anyway. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct worker *workers;

static bool same_work(const struct worker *a, const struct worker *b)
{
    return a->opt.step == b->opt.step && a->opt.arg == b->opt.arg;
}

static struct worker *first_of_its_kind(const struct worker *w)
{
    struct worker *v = workers;

    while (!same_work(v, w))
        v = v->next;
    return v;
}

/* Of those that do the same as 'first', one that waits; or else whoever is done next. */
static void wake_one_like(struct worker *first)
{
    for (struct worker *w = first; w; w = w->next) {
        if (!same_work(w, first) || !w->waiting || w->woken)
            continue;
        w->woken = true;
        pthread_cond_signal(&w->bell);
        return;
    }
    first->owed = true;
}

void worker_wake(unsigned bits)
{
    pthread_mutex_lock(&lock);
    for (struct worker *w = workers; w; w = w->next)
        if ((w->opt.wake_on & bits) && first_of_its_kind(w) == w)
            wake_one_like(w);
    pthread_mutex_unlock(&lock);
}

/* Before it waits. */
static void take_what_is_owed(struct worker *w)
{
    struct worker *first = first_of_its_kind(w);

    w->woken = w->woken || first->owed;
    first->owed = false;
}

/* Exponential from one period to ten, a random part of it off, so that workers that
 * failed together do not come back together. */
static int64_t pause_ms(const struct worker *w)
{
    int64_t pause = w->opt.period_ms, most = BACKOFF_PERIODS * w->opt.period_ms;

    if (w->failures == 0)
        return pause;
    for (int i = 1; i < w->failures && pause < most; i++)
        pause *= 2;
    if (pause > most)
        pause = most;
    return pause - arc4random_uniform((uint32_t)(pause / 2) + 1);
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* Who comes meanwhile is served with the first, so is not told apart. */
static void linger(struct worker *w)
{
    struct timespec until = after_ms(w->opt.linger_ms);
    int rc = w->opt.linger_ms > 0 ? 0 : ETIMEDOUT;

    while (!w->stopping && rc == 0)
        rc = pthread_cond_timedwait(&w->bell, &lock, &until);
}

/* Wait for the bell or the period's end. A failing worker waits its time out: what
 * wakes it (an order a millisecond) must not make it hammer what is down. A wake that
 * came during the last step is owed. False: stop. */
static bool wait_for_work(struct worker *w)
{
    struct timespec until = after_ms(pause_ms(w));
    bool go;
    int rc = 0;

    pthread_mutex_lock(&lock);
    take_what_is_owed(w);
    w->waiting = w->failures == 0;
    while (!w->stopping && !(w->woken && w->failures == 0) && rc == 0)
        rc = pthread_cond_timedwait(&w->bell, &lock, &until);
    w->waiting = false;
    if (w->woken)
        linger(w);
    w->woken = false;
    go = !w->stopping;
    pthread_mutex_unlock(&lock);
    return go;
}

/* The one whose step this thread runs. */
static _Thread_local struct worker *self;

bool worker_await(int64_t ms)
{
    struct timespec until = after_ms(ms);
    bool woken;
    int rc = 0;

    if (!self)
        return false;
    pthread_mutex_lock(&lock);
    take_what_is_owed(self);
    self->waiting = true;
    while (!self->stopping && !self->woken && rc == 0)
        rc = pthread_cond_timedwait(&self->bell, &lock, &until);
    woken = self->woken && !self->stopping;
    self->waiting = self->woken = false;
    pthread_mutex_unlock(&lock);
    return woken;
}

static bool stopping(struct worker *w)
{
    bool stop;

    pthread_mutex_lock(&lock);
    stop = w->stopping;
    pthread_mutex_unlock(&lock);
    return stop;
}

static void succeeded(struct worker *w)
{
    if (w->failures)
        log_info("worker %s works again", w->opt.name);
    w->failures = 0;
    w->complaint[0] = '\0';
    health_set(w->health, true);
}

static void failed(struct worker *w, const char *msg)
{
    int64_t now = clock_mono_ms();

    w->failures++;
    metric_add(w->errors, 1);
    health_set(w->health, false);
    if (strncmp(msg, w->complaint, sizeof(w->complaint) - 1) == 0 &&
        now - w->complained_at < COMPLAIN_MS)
        return;
    log_error("worker %s: %s", w->opt.name, msg);
    strncpy(w->complaint, msg, sizeof(w->complaint) - 1);
    w->complained_at = now;
}

/* One step with everything new but its connections. */
static bool step(struct worker *w, struct arena *a, struct http_client *http)
{
    struct ctx ctx = {.arena = a, .db = w->db, .http = http, .trace = trace_continue("")};
    bool more = false;
    struct err err;

    log_context(&ctx);
    err = w->opt.step(&ctx, w->opt.arg, &more);
    db_unit_rollback(&ctx); /* of what the step left open */
    if (err.code)
        failed(w, err.msg);
    else
        succeeded(w);
    log_context(NULL);
    arena_reset(a);
    return more && !err.code;
}

static void *run(void *arg)
{
    struct worker *w = arg;
    struct arena *a = arena_new();
    struct http_client *http = http_client_new();

    self = w;
    do {
        while (step(w, a, http) && !stopping(w))
            ;
    } while (wait_for_work(w));
    http_client_free(http);
    arena_free(a);
    return NULL;
}

/* A period is a matter of elapsed time, whatever happens to the wall clock. */
static void bell_init(pthread_cond_t *bell)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(bell, &attr);
    pthread_condattr_destroy(&attr);
}

struct worker *worker_start(const struct worker_options *opt)
{
    struct arena *a = arena_new();
    struct worker *w = arena_alloc(a, sizeof(*w));

    w->arena = a;
    w->opt = *opt;
    w->opt.name = arena_strdup(a, opt->name);
    w->db = db_open(&opt->db);
    w->health = health_check(w->opt.name, opt->needed ? HEALTH_NEEDED : HEALTH_TOLD);
    w->errors =
        metric_counter("waybill_worker_errors_total", arena_printf(a, "worker=\"%s\"", opt->name),
                       "Steps of a background worker that failed.");
    bell_init(&w->bell);
    pthread_mutex_lock(&lock);
    w->next = workers;
    workers = w;
    pthread_mutex_unlock(&lock);
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        log_error("worker %s: no thread for it", w->opt.name);
        abort(); /* at start; the supervisor tries again */
    }
    return w;
}

static void leave(struct worker *w)
{
    struct worker **at = &workers;

    pthread_mutex_lock(&lock);
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    pthread_mutex_unlock(&lock);
}

void worker_stop(struct worker *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&lock);
    w->stopping = true;
    pthread_cond_signal(&w->bell);
    pthread_mutex_unlock(&lock);
    pthread_join(w->thread, NULL);
    leave(w);
    pthread_cond_destroy(&w->bell);
    db_close(w->db);
    arena_free(w->arena);
}
