/* procs.c - reads /proc and runit's files. */
#include "procs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "world.h"

enum { MAX_LINE = 4096 };

const char *const group_names[GROUPS] = {
    [USER] = "user",
    [ORDER] = "order",
    [INVENTORY] = "inventory",
    [PAYMENT] = "payment",
    [NOTIFICATION] = "notification",
    [PROVIDER] = "provider",
    [POSTGRESQL] = "postgresql",
    [RABBITMQ] = "rabbitmq",
    [REDIS] = "redis",
    [NGINX] = "nginx",
};

/* Where the stack calls it otherwise. */
static const char *component_of(enum group g)
{
    switch (g) {
    case POSTGRESQL: return "postgres";
    case NGINX: return "gateway";
    default: return group_names[g];
    }
}

/* The first line of a file, without its end; false when there is none. */
static bool read_line(const char *path, char line[MAX_LINE])
{
    FILE *f = fopen(path, "re");
    const bool got = f && fgets(line, MAX_LINE, f);

    if (f)
        fclose(f);
    if (got)
        line[strcspn(line, "\n")] = '\0';
    return got;
}

/* --- which processes --------------------------------------------------------------------- */

/* "order-1" or "order" of "order" */
static bool is_instance_of(const char *instance, const char *component)
{
    const size_t len = strlen(component);

    if (strncmp(instance, component, len) != 0)
        return false;
    return instance[len] == '\0' ||
           (instance[len] == '-' && strspn(instance + len + 1, "0123456789") > 0);
}

static pid_t pid_of(const char *instance)
{
    char path[MAX_LINE], line[MAX_LINE];

    snprintf(path, sizeof(path), "%s/%s/supervise/pid", world_env("SERVICE_DIR"), instance);
    if (!read_line(path, line) || strtol(line, NULL, 10) <= 0)
        die("%s does not run", instance);
    return (pid_t)strtol(line, NULL, 10);
}

typedef void visitor(pid_t pid, void *arg);

static void each_instance(enum group g, visitor *visit, void *arg)
{
    char *names = strdup(world_env("INSTANCES")), *rest = names, *name;

    while ((name = strsep(&rest, " ")))
        if (is_instance_of(name, component_of(g)))
            visit(pid_of(name), arg);
    free(names);
}

static void keep_first(pid_t pid, void *arg)
{
    pid_t *first = arg;

    if (*first == 0)
        *first = pid;
}

pid_t group_pid(enum group g)
{
    pid_t first = 0;

    each_instance(g, keep_first, &first);
    return first;
}

/* --- processor time ------------------------------------------------------------------------ */

/* utime, stime, cutime and cstime are the 14th to 17th field of stat; the second one, the
 * name, may hold spaces and ends with the last bracket. Those of a process that has just
 * gone are its parent's now. */
static double ticks_of(pid_t pid)
{
    char path[64], line[MAX_LINE], *at;
    double ticks = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (!read_line(path, line) || !(at = strrchr(line, ')')))
        return 0;
    for (int field = 2; field < 14 && at; field++)
        at = strchr(at + 1, ' ');
    for (int i = 0; i < 4 && at; i++)
        ticks += (double)strtoul(at, &at, 10);
    return ticks;
}

/* Descendants first: when one ends in between, its time is counted with its parent. */
static void add_ticks(pid_t pid, void *arg) /* NOLINT(misc-no-recursion) */
{
    char path[64], line[MAX_LINE] = "", *at = line, *end;
    double *ticks = arg;
    long child;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    (void)read_line(path, line);
    while ((child = strtol(at, &end, 10)) > 0) {
        add_ticks((pid_t)child, ticks);
        at = end;
    }
    *ticks += ticks_of(pid);
}

double group_cpu_ms(enum group g)
{
    double ticks = 0;

    each_instance(g, add_ticks, &ticks);
    return ticks * 1000 / (double)sysconf(_SC_CLK_TCK);
}

/* --- memory --------------------------------------------------------------------------------- */

struct memory {
    const char *file, *lines; /* of /proc/<pid>: lines that begin like this are added up */
    double most_mib;
};

static void keep_largest(pid_t pid, void *arg)
{
    struct memory *m = arg;
    char path[64], line[256];
    const char *colon;
    double kib = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, m->file);
    f = fopen(path, "re");
    while (f && fgets(line, sizeof(line), f)) {
        colon = strchr(line, ':');
        if (colon && strncmp(line, m->lines, strlen(m->lines)) == 0)
            kib += strtod(colon + 1, NULL);
    }
    if (f)
        fclose(f);
    if (kib / 1024 > m->most_mib)
        m->most_mib = kib / 1024;
}

double group_rss_mib(enum group g)
{
    struct memory m = {.file = "status", .lines = "VmRSS:"};

    each_instance(g, keep_largest, &m);
    return m.most_mib;
}

double group_private_mib(enum group g)
{
    struct memory m = {.file = "smaps_rollup", .lines = "Private_"};

    each_instance(g, keep_largest, &m);
    return m.most_mib;
}
