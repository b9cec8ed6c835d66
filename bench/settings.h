/* settings.h - how long and how often the bench measures, from its environment. */
#ifndef BENCH_SETTINGS_H
#define BENCH_SETTINGS_H

#include <stddef.h>

double bench_seconds(void); /* BENCH_SECONDS: that one run of a part counts; 10 */
size_t bench_runs(void);    /* RUNS: of which the median is taken; 3 */
double bench_warm(void);    /* before a run counts: a tenth of it */

/* "RATES" or such: the numbers in it, or those in 'otherwise'; their count, at most 'room'. */
size_t bench_numbers(const char *name, const char *otherwise, double list[], size_t room);

#endif
