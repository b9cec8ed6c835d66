/* findings.c - what must not be, as the run finds it. */
#include "findings.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char kept[FINDINGS_KEPT][400];
static size_t count;

void finding(const char *fmt, ...)
{
    char line[sizeof(kept[0])];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&lock);
    if (count < FINDINGS_KEPT)
        snprintf(kept[count], sizeof(kept[0]), "%s", line);
    count++;
    pthread_mutex_unlock(&lock);
    printf("  VIOLATION: %s\n", line);
    fflush(stdout);
}

void findings_forget(void)
{
    pthread_mutex_lock(&lock);
    count = 0;
    pthread_mutex_unlock(&lock);
}

size_t findings(void)
{
    size_t n;

    pthread_mutex_lock(&lock);
    n = count;
    pthread_mutex_unlock(&lock);
    return n;
}

const char *finding_at(size_t i)
{
    return kept[i];
}
