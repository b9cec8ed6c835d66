/* clock.h - the time, from one place, so that a test can hold it still. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

struct arena;

int64_t clock_now_ms(void);  /* wall clock, milliseconds since 1970 UTC */
int64_t clock_mono_ms(void); /* monotonic, for deadlines and durations */

/* RFC 3339 in UTC with milliseconds: 2026-11-20T11:15:00.123Z */
const char *clock_rfc3339(struct arena *a, int64_t wall_ms);

/* Freeze both clocks at 'ms' (0: let them run again). For tests only. */
void clock_freeze(int64_t ms);

#endif
