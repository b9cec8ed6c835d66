/* faults.c - everything that a run breaks, as a table. */
#include "faults.h"

#include <inttypes.h>

#include "clocks.h"
#include "disk.h"
#include "servers.h"
#include "shim.h"
#include "wires.h"
#include "world.h"

static bool nothing(const char *what)
{
    (void)what;
    return true;
}

/* While its service hung the queue filled: all that is lost. */
static bool lose_queue(const char *service)
{
    return shim_delete_queue(service) && stack_does(text("kill %s-1 CONT", service));
}

/* While notification hung the stream filled: all that comes again, in the wrong order. */
static bool tell_again(const char *service)
{
    return repeat_stream("order-events") && stack_does(text("kill %s-1 CONT", service));
}

static bool end_backends(const char *of)
{
    return ask_sql("postgres", text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                                    " WHERE datname LIKE '%s'",
                                    of)) > 0;
}

/* One backend that dies makes PostgreSQL end them all and recover from its log. The one
 * that kills is the server itself: where its processes are is its own affair. */
static bool kill_backend(const char *of)
{
    const int64_t pid = ask_sql(
        "postgres", text("SELECT pid FROM pg_stat_activity WHERE datname = '%s' LIMIT 1", of));

    if (pid > 1)
        ask_sql("postgres", text("COPY (SELECT) TO PROGRAM 'kill -KILL %" PRId64 "'", pid));
    return pid > 1;
}

/* The one that the stack set: it is another natively than in containers. */
static bool allow_memory(const char *mark)
{
    (void)mark;
    return stack_does(
        text("rabbitmqctl set_vm_memory_high_watermark absolute %s", world_env("RABBITMQ_MEMORY")));
}

/* --- the table --------------------------------------------------------------------- */

#define DIES(a, component, process, weight)                                                        \
    {                                                                                              \
        a " is killed", component " is killed", weight, 0, 0, stack_does, "kill " process " KILL", \
            NULL, NULL                                                                             \
    }
#define HANGS(a, component, process, weight)                                                       \
    {                                                                                              \
        a " hangs", component " hangs", weight, 500, 8000, stack_does, "freeze " process,          \
            stack_does, "thaw " process                                                            \
    }
#define LOST(service)                                                                              \
    {                                                                                              \
        "a queue is lost", "rabbitmq loses the queue " service ", full", 1, 1000, 4000,            \
            stack_does, "kill " service "-1 STOP", lose_queue, service                             \
    }
#define RESTARTS(a, component, weight)                                                             \
    {                                                                                              \
        a " restarts", component " restarts", weight, 0, 0, stack_does, "restart " component,      \
            NULL, NULL                                                                             \
    }
#define SHUFFLED(queue)                                                                            \
    {                                                                                              \
        "messages come twice and in any order", "events to " queue " come twice and in any order", \
            1, 4000, 15000, shim_on, queue, shim_off, queue                                        \
    }
#define GOES_BACK(process)                                                                         \
    {                                                                                              \
        "a clock jumps", process "'s clock jumps an hour back", 1, 2000, 8000, clock_back,         \
            process, clock_right, process                                                          \
    }
#define GOES_AHEAD(process)                                                                        \
    {                                                                                              \
        "a clock jumps", process "'s clock jumps an hour ahead", 1, 2000, 8000, clock_ahead,       \
            process, clock_right, process                                                          \
    }

/* clang-format off */
const struct fault faults[] = {
    /* For comparison: how long what is under way takes when nothing breaks. */
    {"nothing happens", "nothing happens", 0, 0, 0, nothing, "", NULL, NULL},

    DIES("a service", "user", "user-1", 1),
    DIES("a service", "order", "order-1", 2),
    DIES("a service", "inventory", "inventory-1", 2),
    DIES("a service", "payment", "payment-1", 2),
    DIES("a service", "notification", "notification-1", 2),
    DIES("the provider", "provider", "provider", 2),
    DIES("the gateway", "gateway", "gateway", 1),
    DIES("postgres or redis", "postgres", "postgres", 1),
    DIES("postgres or redis", "redis", "redis", 1),
    DIES("rabbitmq", "rabbitmq", "rabbitmq", 1),

    HANGS("a service", "user", "user-1", 1),
    HANGS("a service", "order", "order-1", 1),
    HANGS("a service", "inventory", "inventory-1", 1),
    HANGS("a service", "payment", "payment-1", 1),
    HANGS("a service", "notification", "notification-1", 1),
    HANGS("the provider", "provider", "provider", 1),
    HANGS("the gateway", "gateway", "gateway", 1),
    HANGS("postgres or redis", "postgres", "postgres", 1),
    HANGS("postgres or redis", "redis", "redis", 1),
    HANGS("rabbitmq", "rabbitmq", "rabbitmq", 1),

    RESTARTS("a service", "user", 1),
    RESTARTS("a service", "order", 1),
    RESTARTS("a service", "inventory", 1),
    RESTARTS("a service", "payment", 1),
    RESTARTS("a service", "notification", 1),
    RESTARTS("postgres or redis", "postgres", 1),
    RESTARTS("postgres or redis", "redis", 1),
    RESTARTS("rabbitmq", "rabbitmq", 1),

    {"the gateway reloads", "gateway reloads", 1, 0, 0, stack_does, "kill gateway HUP", NULL, NULL},
    {"the provider is down", "provider is down", 1, 2000, 12000, stack_does, "stop provider", stack_does, "start provider"},

    {"a server ends connections", "postgres ends all connections", 2, 0, 0, end_backends, "waybill_%", NULL, NULL},
    {"a server ends connections", "redis ends all connections", 1, 0, 0, tell_redis, "CLIENT KILL TYPE normal", NULL, NULL},
    {"a server ends connections", "rabbitmq ends all connections", 1, 0, 0, stack_does, "rabbitmqctl close_all_connections chaos", NULL, NULL},
    {"postgres recovers from a crash", "postgres recovers from a crash", 1, 0, 0, kill_backend, "waybill_order", NULL, NULL},
    {"rabbitmq blocks publishers", "rabbitmq blocks publishers", 1, 3000, 10000,
     stack_does, "rabbitmqctl set_vm_memory_high_watermark 0",
     allow_memory, NULL},
    {"the consumer group is lost", "redis forgets the consumer group", 2, 0, 0, tell_redis, "XGROUP DESTROY order-events notification", NULL, NULL},
    LOST("order"), LOST("inventory"), LOST("payment"),

    SHUFFLED("order"), SHUFFLED("inventory"), SHUFFLED("payment"),
    {"messages come twice and in any order", "events to notification come twice and in any order", 1, 500, 3000,
     stack_does, "kill notification-1 STOP", tell_again, "notification"},

    {"a wire is cut", "cut", 5, 300, 8000, wire_cut, NULL, wire_pass, NULL},
    {"a wire is stuck", "stuck", 5, 300, 12000, wire_hold, NULL, wire_pass, NULL},
    {"a wire loses answers", "answers are lost", 5, 300, 12000, wire_mute, NULL, wire_pass, NULL},
    {"a wire is slow", "slow", 5, 300, 10000, wire_slow, NULL, wire_pass, NULL},

    {"the disk is full", "postgres's disk is full", 2, 2000, 10000, disk_fill, "data", disk_free, ""},
    {"the disk is full", "postgres's disk is full, and it wants more of it for its log", 1, 2000, 10000, disk_fill, "log", disk_free, ""},

    GOES_BACK("user-1"), GOES_BACK("order-1"), GOES_BACK("inventory-1"), GOES_BACK("payment-1"),
    GOES_BACK("notification-1"), GOES_BACK("provider"),
    GOES_AHEAD("user-1"), GOES_AHEAD("order-1"), GOES_AHEAD("inventory-1"), GOES_AHEAD("payment-1"),
    GOES_AHEAD("notification-1"), GOES_AHEAD("provider"),
    /* Leases and what is due go by this clock. Not ahead: what it then makes due is due in an
     * hour, and no run waits that long. */
    GOES_BACK("postgres"),
};
/* clang-format on */

const size_t nfaults = sizeof(faults) / sizeof(faults[0]);

const char *fault_impossible(const struct fault *f)
{
    if (f->heal == disk_free)
        return disk_impossible();
    if (f->heal == clock_right)
        return clocks_impossible();
    return NULL;
}
