/* service_wait.c - waits for the signal that ends a service, and says meanwhile whether it
 * is ready. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "clock.h"
#include "health.h"
#include "log.h"
#include "metrics.h"
#include "service_internal.h"

enum {
    FIRST_LOOK_MS = 10, /* until it is ready for the first time */
    LOOK_MS = 500,
    PATIENCE_MS = 2000, /* of a start, before it says what it waits for */
};

static sigset_t signals;

/* Threads inherit the mask, so signals arrive where they are waited for. */
void service_take_signals(void)
{
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

int service_signal(int64_t ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    const int got = sigtimedwait(&signals, NULL, &pause);

    return got > 0 ? got : 0;
}

/* What was said last. */
struct readiness {
    bool ever, now;
    int64_t patient_until;
    char missing[160];
};

static void said(struct readiness *r, bool ready, const char *missing)
{
    r->now = ready;
    r->ever |= ready;
    strncpy(r->missing, missing, sizeof(r->missing) - 1);
}

static void tell(struct readiness *r, bool ready, const char *missing)
{
    if (ready ? r->now : strncmp(missing, r->missing, sizeof(r->missing) - 1) == 0)
        return;
    if (!ready && !r->ever && clock_mono_ms() < r->patient_until)
        return;
    if (!ready)
        log_warn("not ready%s: waiting for %s", r->ever ? "" : " yet", missing);
    else if (r->ever)
        log_info("ready again");
    else
        log_info("ready %" PRId64 " ms after the process was started", metrics_process_age_ms());
    said(r, ready, ready ? "" : missing);
}

int service_wait(void)
{
    struct readiness r = {.patient_until = clock_mono_ms() + PATIENCE_MS};
    struct arena *a = arena_new();
    int got;

    while (!(got = service_signal(r.ever ? LOOK_MS : FIRST_LOOK_MS))) {
        const char *missing;
        const bool ready = health_ready(a, &missing);

        tell(&r, ready, missing);
        arena_reset(a);
    }
    arena_free(a);
    return got;
}
