/* faults.c - everything that a run breaks, as a table. */
#include "faults.h"

#include <ctype.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include "shim.h"
#include "wires.h"
#include "world.h"

/* A verb of the stack's own script, with its arguments. */
static bool stack_does(const char *arguments)
{
    const char *command = text("%s %s >/dev/null 2>&1", world_env("STACK_COMMAND"), arguments);

    return system(command) == 0; /* NOLINT(cert-env33-c): a script is what we want to run */
}

/* While its service hung the queue filled: all that is lost. */
static bool lose_queue(const char *service)
{
    return shim_delete_queue(service) && stack_does(text("kill %s-1 CONT", service));
}

/* --- PostgreSQL ------------------------------------------------------------------ */

/* The first column of the first row as a number; 0 when there is none, -1 on errors. */
static long sql(const char *statement)
{
    PGconn *conn = PQconnectdb(world_env("POSTGRES_URL"));
    PGresult *res = PQexec(conn, statement);
    long value = -1;

    if (PQresultStatus(res) == PGRES_TUPLES_OK)
        value = PQntuples(res) > 0 ? strtol(PQgetvalue(res, 0, 0), NULL, 10) : 0;
    PQclear(res);
    PQfinish(conn);
    return value;
}

static bool end_backends(const char *of)
{
    return sql(text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname LIKE '%s'",
                    of)) > 0;
}

/* One backend that dies makes PostgreSQL end them all and recover from its log. Never
 * where its processes are not those of this machine: there the number is another's. */
static bool kill_backend(const char *of)
{
    const long pid = sql(text("SELECT pid FROM pg_stat_activity WHERE datname = '%s' LIMIT 1", of));

    return pid > 1 && kill((pid_t)pid, SIGKILL) == 0;
}

/* --- Redis ------------------------------------------------------------------------ */

static bool redis(const char *command)
{
    const struct timeval timeout = {.tv_sec = 3};
    redisContext *c =
        redisConnectWithTimeout(world_env("REDIS_HOST"), world_port("REDIS_PORT"), timeout);
    redisReply *r = NULL;
    bool done;

    if (c && !c->err) {
        redisSetTimeout(c, timeout);
        r = redisCommand(c, "AUTH %s %s", world_env("REDIS_USER"),
                         world_secret("REDIS_PASSWORD_FILE"));
    }
    if (r) {
        freeReplyObject(r);
        r = redisCommand(c, command);
    }
    done = r && r->type != REDIS_REPLY_ERROR;
    if (r)
        freeReplyObject(r);
    if (c)
        redisFree(c);
    return done;
}

/* --- the table --------------------------------------------------------------------- */

#define DIES(component, process, weight)                                                           \
    {                                                                                              \
        component " is killed", weight, 0, 0, stack_does, "kill " process " KILL", NULL, NULL      \
    }
#define HANGS(component, process, weight)                                                          \
    {                                                                                              \
        component " hangs", weight, 500, 8000, stack_does, "kill " process " STOP", stack_does,    \
            "kill " process " CONT"                                                                \
    }
#define LOST(service)                                                                              \
    {                                                                                              \
        "rabbitmq loses the queue " service ", full", 1, 1000, 4000, stack_does,                   \
            "kill " service "-1 STOP", lose_queue, service                                         \
    }
#define RESTARTS(component, weight)                                                                \
    {                                                                                              \
        component " restarts", weight, 0, 0, stack_does, "restart " component, NULL, NULL          \
    }
#define WIRE(how, does, wire, weight, max_ms)                                                      \
    {                                                                                              \
        wire ": " how, weight, 300, max_ms, does, wire, wire_pass, wire                            \
    }

/* clang-format off */
const struct fault faults[] = {
    DIES("user", "user-1", 1),
    DIES("order", "order-1", 2),
    DIES("inventory", "inventory-1", 2),
    DIES("payment", "payment-1", 2),
    DIES("notification", "notification-1", 2),
    DIES("provider", "provider", 2),
    DIES("gateway", "gateway", 1),
    DIES("postgres", "postgres", 1),
    DIES("rabbitmq", "rabbitmq", 1),
    DIES("redis", "redis", 1),

    HANGS("user", "user-1", 1),
    HANGS("order", "order-1", 1),
    HANGS("inventory", "inventory-1", 1),
    HANGS("payment", "payment-1", 1),
    HANGS("notification", "notification-1", 1),
    HANGS("provider", "provider", 1),
    HANGS("postgres", "postgres", 1),
    HANGS("rabbitmq", "rabbitmq", 1),
    HANGS("redis", "redis", 1),

    RESTARTS("order", 1),
    RESTARTS("inventory", 1),
    RESTARTS("payment", 1),
    RESTARTS("notification", 1),
    RESTARTS("rabbitmq", 1),
    RESTARTS("redis", 1),

    {"gateway reloads", 1, 0, 0, stack_does, "kill gateway HUP", NULL, NULL},
    {"provider is down", 1, 2000, 12000, stack_does, "stop provider", stack_does, "start provider"},

    {"postgres ends all connections", 2, 0, 0, end_backends, "waybill_%", NULL, NULL},
    {"postgres recovers from a crash", 1, 0, 0, kill_backend, "waybill_order", NULL, NULL},
    {"redis ends all connections", 1, 0, 0, redis, "CLIENT KILL TYPE normal", NULL, NULL},
    {"redis forgets the consumer group", 2, 0, 0, redis, "XGROUP DESTROY order-events notification", NULL, NULL},
    {"rabbitmq ends all connections", 1, 0, 0, stack_does, "rabbitmqctl close_all_connections chaos", NULL, NULL},
    {"rabbitmq blocks publishers", 1, 3000, 10000,
     stack_does, "rabbitmqctl set_vm_memory_high_watermark 0",
     stack_does, "rabbitmqctl set_vm_memory_high_watermark absolute 512MB"},
    LOST("order"), LOST("inventory"), LOST("payment"),

    {"events to order come twice and in any order", 1, 4000, 15000, shim_on, "order", shim_off, "order"},
    {"events to inventory come twice and in any order", 1, 4000, 15000, shim_on, "inventory", shim_off, "inventory"},
    {"events to payment come twice and in any order", 1, 4000, 15000, shim_on, "payment", shim_off, "payment"},

    WIRE("cut", wire_cut, "order-rabbitmq", 1, 8000),
    WIRE("cut", wire_cut, "inventory-postgres", 1, 8000),
    WIRE("cut", wire_cut, "order-inventory", 1, 8000),
    WIRE("cut", wire_cut, "notification-redis", 1, 8000),
    WIRE("stuck", wire_hold, "inventory-rabbitmq", 1, 12000),
    WIRE("stuck", wire_hold, "order-postgres", 1, 12000),
    WIRE("stuck", wire_hold, "payment-provider", 1, 12000),
    WIRE("stuck", wire_hold, "order-redis", 1, 12000),
    WIRE("answers are lost", wire_mute, "payment-rabbitmq", 1, 12000),
    WIRE("answers are lost", wire_mute, "payment-postgres", 1, 12000),
    WIRE("answers are lost", wire_mute, "payment-provider", 2, 12000),
    WIRE("answers are lost", wire_mute, "order-inventory", 1, 12000),
    WIRE("slow", wire_slow, "order-postgres", 1, 6000),
    WIRE("slow", wire_slow, "payment-provider", 1, 10000),
    WIRE("slow", wire_slow, "order-rabbitmq", 1, 10000),
    WIRE("slow", wire_slow, "notification-redis", 1, 10000),
};
/* clang-format on */

const size_t nfaults = sizeof(faults) / sizeof(faults[0]);

bool fault_is_possible(const struct fault *f)
{
    return wires_possible() || (f->heal != wire_pass && f->inject != kill_backend);
}
