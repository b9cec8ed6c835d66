/* findings.h - what must not be, as the run finds it. Any thread may add. */
#ifndef CHAOS_FINDINGS_H
#define CHAOS_FINDINGS_H

#include <stddef.h>

enum { FINDINGS_KEPT = 100 };

void finding(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void findings_forget(void);       /* those of an earlier run */
size_t findings(void);            /* how many there are, kept or not */
const char *finding_at(size_t i); /* one of the first FINDINGS_KEPT */

#endif
