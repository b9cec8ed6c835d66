/* metrics.c - a registry that only grows, and its text. */
#include "metrics.h"

#include <assert.h>
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

static const struct {
    int64_t us;
    const char *le; /* the same in seconds */
} buckets[] = {
    {500,       "0.0005"},
    {1000,      "0.001" },
    {2500,      "0.0025"},
    {5000,      "0.005" },
    {10000,     "0.01"  },
    {25000,     "0.025" },
    {50000,     "0.05"  },
    {100000,    "0.1"   },
    {250000,    "0.25"  },
    {500000,    "0.5"   },
    {1000000,   "1"     },
    {2500000,   "2.5"   },
    {5000000,   "5"     },
    {10000000,  "10"    },
    {INT64_MAX, "+Inf"  },
};
enum { NBUCKETS = sizeof(buckets) / sizeof(buckets[0]) };

struct metric {
    struct metric *next;
    enum kind kind;
    const char *name, *labels, *help;
    _Atomic int64_t value;           /* of a histogram: the sum, in microseconds */
    _Atomic int64_t count[NBUCKETS]; /* of a histogram: observations in this bucket alone */
};

/* Metrics of one name stand together. The lock is for the list; values are atomic. */
static struct metric *registry;
static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;

/* As in arena.c: without memory the process ends. */
static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static struct metric *create(enum kind kind, const char *name, const char *labels, const char *help,
                             struct metric **at)
{
    struct metric *m = must(calloc(1, sizeof(*m)));

    m->kind = kind;
    m->name = must(strdup(name));
    m->labels = must(strdup(labels));
    m->help = must(strdup(help));
    m->next = *at;
    *at = m;
    return m;
}

/* A new metric goes behind the last of its family: the text format wants families in
 * one piece. Compares every name, which is fine for the few dozen that there are. */
static struct metric *find_or_create(enum kind kind, const char *name, const char *labels,
                                     const char *help)
{
    struct metric *m, **at = &registry;
    bool family = false;

    if (!labels)
        labels = "";
    pthread_mutex_lock(&registry_lock);
    for (; *at; at = &(*at)->next) {
        if (strcmp((*at)->name, name) == 0) {
            family = true;
            assert((*at)->kind == kind);
            if (strcmp((*at)->labels, labels) == 0)
                break;
        } else if (family) {
            break; /* the end of its family: here it goes */
        }
    }
    m = *at;
    if (!m || strcmp(m->name, name) != 0)
        m = create(kind, name, labels, help, at);
    pthread_mutex_unlock(&registry_lock);
    return m;
}

struct metric *metric_counter(const char *name, const char *labels, const char *help)
{
    return find_or_create(COUNTER, name, labels, help);
}

struct metric *metric_gauge(const char *name, const char *labels, const char *help)
{
    return find_or_create(GAUGE, name, labels, help);
}

struct metric *metric_histogram(const char *name, const char *labels, const char *help)
{
    return find_or_create(HISTOGRAM, name, labels, help);
}

/* Relaxed: each figure stands for itself, and nothing is concluded from two of them. */
void metric_add(struct metric *m, int64_t n)
{
    atomic_fetch_add_explicit(&m->value, n, memory_order_relaxed);
}

void metric_set(struct metric *m, int64_t value)
{
    atomic_store_explicit(&m->value, value, memory_order_relaxed);
}

void metric_observe_us(struct metric *m, int64_t microseconds)
{
    size_t i = 0;

    if (microseconds < 0)
        microseconds = 0;
    while (microseconds > buckets[i].us)
        i++;
    atomic_fetch_add_explicit(&m->count[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&m->value, microseconds, memory_order_relaxed);
}

static int64_t load(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

/* Counts are read once, so that a histogram's +Inf bucket and its _count agree. */
static void print_histogram(FILE *out, const struct metric *m)
{
    const char *comma = *m->labels ? "," : "";
    const char *open = *m->labels ? "{" : "", *close = *m->labels ? "}" : "";
    const int64_t sum = load(&m->value);
    int64_t seen = 0;

    for (size_t i = 0; i < NBUCKETS; i++) {
        seen += load(&m->count[i]);
        fprintf(out, "%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n", m->name, m->labels, comma,
                buckets[i].le, seen);
    }
    fprintf(out, "%s_sum%s%s%s %" PRId64 ".%06" PRId64 "\n", m->name, open, m->labels, close,
            sum / 1000000, sum % 1000000);
    fprintf(out, "%s_count%s%s%s %" PRId64 "\n", m->name, open, m->labels, close, seen);
}

static void print_metric(FILE *out, const struct metric *m)
{
    if (m->kind == HISTOGRAM)
        print_histogram(out, m);
    else if (*m->labels)
        fprintf(out, "%s{%s} %" PRId64 "\n", m->name, m->labels, load(&m->value));
    else
        fprintf(out, "%s %" PRId64 "\n", m->name, load(&m->value));
}

static void print_registry(FILE *out)
{
    const char *family = "";

    pthread_mutex_lock(&registry_lock);
    for (const struct metric *m = registry; m; m = m->next) {
        if (strcmp(m->name, family) != 0)
            fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
                    kind_names[m->kind]);
        family = m->name;
        print_metric(out, m);
    }
    pthread_mutex_unlock(&registry_lock);
}

/* --- the process -------------------------------------------------------------------- */

static double resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[128] = "";
    char *pages = NULL;

    if (f) {
        if (fgets(line, sizeof(line), f))
            pages = strchr(line, ' ');
        fclose(f);
    }
    return pages ? (double)strtoll(pages, NULL, 10) * (double)sysconf(_SC_PAGESIZE) : 0;
}

static double cpu_seconds(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* When the machine started, in seconds since 1970. */
static double boot_time(void)
{
    FILE *f = fopen("/proc/stat", "re");
    char line[4096];
    double seconds = 0;

    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "btime ", 6) == 0)
            seconds = (double)strtoll(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return seconds;
}

/* Seconds from the machine's start to ours: field 22 of proc_pid_stat(5), in ticks. Counted
 * from the program's name (field 2), which ends in the last ')'. */
static double start_since_boot(void)
{
    FILE *f = fopen("/proc/self/stat", "re");
    char line[1024] = "";
    char *at;

    if (f) {
        if (!fgets(line, sizeof(line), f))
            line[0] = '\0';
        fclose(f);
    }
    at = strrchr(line, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    return at ? (double)strtoll(at, NULL, 10) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static double start_time(void)
{
    return boot_time() + start_since_boot();
}

int64_t metrics_process_age_ms(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 - (int64_t)(start_since_boot() * 1000);
}

static double open_fds(void)
{
    const int not_ours = 3; /* ".", "..", and the one that reads them */
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    if (!dir)
        return 0;
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - not_ours;
}

static const struct {
    const char *name, *type, *help;
    double (*read)(void);
} process_figures[] = {
    {"process_resident_memory_bytes", "gauge",   "Resident memory.",   resident_bytes},
    {"process_cpu_seconds_total",     "counter", "CPU time spent.",    cpu_seconds   },
    {"process_start_time_seconds",    "gauge",   "Start, since 1970.", start_time    },
    {"process_open_fds",              "gauge",   "Open files.",        open_fds      },
};

static void print_process(FILE *out)
{
    for (size_t i = 0; i < sizeof(process_figures) / sizeof(process_figures[0]); i++)
        fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", process_figures[i].name,
                process_figures[i].help, process_figures[i].name, process_figures[i].type,
                process_figures[i].name, process_figures[i].read());
}

static void free_text(void *text)
{
    free(text);
}

const char *metrics_text(struct arena *a)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = must(open_memstream(&text, &len));

    print_registry(out);
    print_process(out);
    fclose(out);
    arena_defer(a, free_text, must(text));
    return text;
}
