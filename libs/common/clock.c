/* clock.c - the system's clocks, or a frozen one. */
#include "clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "arena.h"

/* 0: not frozen. Atomic, as a test may freeze the time under running threads. */
static _Atomic int64_t frozen_ms;

static int64_t read_ms(clockid_t id)
{
    int64_t frozen = atomic_load_explicit(&frozen_ms, memory_order_relaxed);
    struct timespec t;

    if (frozen)
        return frozen;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_now_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}

void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_LEN + 1])
{
    int64_t ms = (wall_ms % 1000 + 1000) % 1000; /* before 1970 too */
    time_t seconds = (time_t)((wall_ms - ms) / 1000);
    struct tm tm = {0};
    char date[20] = "";

    gmtime_r(&seconds, &tm);
    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, CLOCK_TEXT_LEN + 1, "%s.%03dZ", date, (int)ms);
}

const char *clock_rfc3339(struct arena *a, int64_t wall_ms)
{
    char *text = arena_alloc(a, CLOCK_TEXT_LEN + 1);

    clock_format(wall_ms, text);
    return text;
}

void clock_freeze(int64_t ms)
{
    atomic_store(&frozen_ms, ms);
}
