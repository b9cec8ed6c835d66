/* clock.h - the time, from one place, so that a test can hold it still. */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

struct arena;

enum { CLOCK_TEXT_LEN = 24 };

int64_t clock_now_ms(void);  /* wall clock, milliseconds since 1970 UTC */
int64_t clock_mono_ms(void); /* monotonic, for deadlines and durations */

/* RFC 3339 in UTC with milliseconds: 2026-11-20T11:15:00.123Z. For the years 1000 to 9999. */
const char *clock_rfc3339(struct arena *a, int64_t wall_ms);
void clock_format(int64_t wall_ms, char text[CLOCK_TEXT_LEN + 1]); /* the same without an arena */

/* Freeze both clocks at 'ms' (0: let them run again). For tests only. */
void clock_freeze(int64_t ms);

#endif
