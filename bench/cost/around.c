/* around.c - the difference that orders make. */
#include "around.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "figures.h"
#include "procs.h"
#include "stored.h"

enum { REST_S = 5, LOOK_MS = 100 };

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void read_cpu(double cpu_ms[GROUPS])
{
    for (enum group g = 0; g < GROUPS; g++)
        cpu_ms[g] = group_cpu_ms(g);
}

static void read_rss(double mib[SERVICES])
{
    for (enum group g = 0; g < SERVICES; g++)
        mib[g] = group_rss_mib(g);
}

/* --- at rest -------------------------------------------------------------------------------- */

static void tell_rest(void)
{
    double before[GROUPS], after[GROUPS], mib[SERVICES];

    read_cpu(before);
    pause_ms(REST_S * 1000L);
    read_cpu(after);
    read_rss(mib);
    for (enum group g = 0; g < GROUPS; g++)
        figure_add(LESS_IS_BETTER, "ms/s", (after[g] - before[g]) / REST_S, "cost.idle.%s",
                   group_names[g]);
    for (enum group g = 0; g < SERVICES; g++)
        figure_add(LESS_IS_BETTER, "MiB", mib[g], "cost.rss.%s.idle", group_names[g]);
}

static void add_private(const char *moment)
{
    for (enum group g = 0; g < SERVICES; g++)
        figure_add(LESS_IS_BETTER, "MiB", group_private_mib(g), "cost.private.%s.%s",
                   group_names[g], moment);
}

/* --- under load ------------------------------------------------------------------------------- */

/* The most memory that each service had while the command ran. */
static void run(char *const command[], double most[SERVICES])
{
    const pid_t pid = fork();
    double now[SERVICES];
    int status = 0;

    if (pid == 0) {
        unsetenv("BENCH_OUT"); /* its figures are not what it was run for */
        execvp(command[0], command);
        _exit(127);
    }
    if (pid < 0)
        die("no process can be made");
    while (waitpid(pid, &status, WNOHANG) == 0) {
        read_rss(now);
        for (enum group g = 0; g < SERVICES; g++)
            most[g] = now[g] > most[g] ? now[g] : most[g];
        pause_ms(LOOK_MS);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("the load failed: %s", command[0]);
}

static void add_cpu(const double before[GROUPS], const double after[GROUPS], double orders)
{
    double all = 0;

    for (enum group g = 0; g < GROUPS; g++) {
        figure_add(LESS_IS_BETTER, "ms/order", (after[g] - before[g]) / orders, "cost.cpu.%s",
                   group_names[g]);
        all += after[g] - before[g];
    }
    figure_add(LESS_IS_BETTER, "ms/order", all / orders, "cost.cpu.all");
}

static void add_stored(const struct stored *a, const struct stored *b, double orders)
{
    const struct {
        const char *name, *unit;
        double amount;
    } all[] = {
        {"cost.disk.postgresql",   "B/order", b->database - a->database                        },
        {"cost.wal",               "B/order", b->wal - a->wal                                  },
        {"cost.disk.redis",        "B/order", b->redis_files - a->redis_files                  },
        {"cost.disk.rabbitmq",     "B/order", b->rabbitmq_files - a->rabbitmq_files            },
        {"cost.memory.redis",      "B/order", b->redis_memory - a->redis_memory                },
        {"cost.messages.rabbitmq", "/order",  b->messages - a->messages - (b->mails - a->mails)},
        {"cost.messages.redis",    "/order",  b->mails - a->mails                              },
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        figure_add(LESS_IS_BETTER, all[i].unit, all[i].amount / orders, "%s", all[i].name);
}

static double load_once(char *const command[])
{
    double cpu_before[GROUPS], cpu_after[GROUPS], most[SERVICES] = {0};
    const struct stored before = stored_now();
    struct stored after;
    double orders;

    read_cpu(cpu_before);
    run(command, most);
    read_cpu(cpu_after);
    after = stored_now();
    orders = after.orders - before.orders;
    if (orders < 1)
        die("the load placed no order");
    add_cpu(cpu_before, cpu_after, orders);
    add_stored(&before, &after, orders);
    for (enum group g = 0; g < SERVICES; g++)
        figure_add(LESS_IS_BETTER, "MiB", most[g], "cost.rss.%s.load", group_names[g]);
    return orders;
}

void around_tell(size_t runs, char *const command[])
{
    double first[SERVICES] = {0}, last[SERVICES], orders = 0;

    tell_rest();
    add_private("idle");
    for (size_t i = 0; i < runs; i++) {
        const double more = load_once(command);

        add_private("after");
        if (i == 0)
            read_rss(first);
        else
            orders += more;
    }
    read_rss(last);
    for (enum group g = 0; g < SERVICES && orders > 0; g++)
        figure_add(LESS_IS_BETTER, "KiB/1000", (last[g] - first[g]) * 1024 / (orders / 1000),
                   "cost.rss.%s.growth", group_names[g]);
    figures_tell();
}
