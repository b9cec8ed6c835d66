/* stored.c - asks the servers and counts files. */
#include "stored.h"

#include <ftw.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "figures.h"
#include "world.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const databases[] = {"user", "order", "inventory", "payment", "notification"};

/* Who writes to an outbox: the number of the next row says how many there have been. */
static const char *const publishers[] = {"order", "inventory", "payment"};

/* --- PostgreSQL ----------------------------------------------------------------------------- */

/* So that dead rows are no growth. It answers with no rows, so ask() is not for it. */
static void vacuum(const char *service)
{
    char *name = text("%s_DATABASE_URL", service);
    PGconn *conn;
    PGresult *res;

    for (char *p = name; *p; p++)
        *p = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
    conn = PQconnectdb(world_env(name));
    res = PQexec(conn, "VACUUM");
    if (PQresultStatus(res) != PGRES_COMMAND_OK)
        die("%s: VACUUM: %s", service, PQerrorMessage(conn));
    PQclear(res);
    PQfinish(conn);
}

static double database_bytes(void)
{
    for (size_t i = 0; i < COUNT(databases); i++)
        vacuum(databases[i]);
    return (double)ask_number("order", "SELECT sum(pg_database_size(datname))::bigint"
                                       " FROM pg_database WHERE datname LIKE 'waybill_%'");
}

static double messages(void)
{
    double n = 0;

    for (size_t i = 0; i < COUNT(publishers); i++)
        n += (double)ask_number(publishers[i], "SELECT last_value FROM outbox_seq_seq");
    return n;
}

/* --- files ------------------------------------------------------------------------------------ */

static double bytes;

static int add_file(const char *path, const struct stat *st, int type, struct FTW *place)
{
    (void)path;
    (void)place;
    if (type == FTW_F)
        bytes += (double)st->st_blocks * 512;
    return 0;
}

static double folder_bytes(const char *folder)
{
    enum { OPEN_FILES = 16 };

    bytes = 0;
    (void)nftw(text("%s/data/%s", world_env("STATE"), folder), add_file, OPEN_FILES, FTW_PHYS);
    return bytes;
}

/* --- Redis ------------------------------------------------------------------------------------ */

static redisReply *redis(const char *command)
{
    redisContext *c = redisConnect(world_env("REDIS_HOST"), world_port("REDIS_PORT"));
    redisReply *reply = NULL;

    if (c && !c->err) {
        freeReplyObject(redisCommand(c, "AUTH %s %s", world_env("REDIS_USER"),
                                     world_secret("REDIS_PASSWORD_FILE")));
        reply = redisCommand(c, command); /* NOLINT(clang-diagnostic-format-security): ours */
    }
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        die("Redis does not answer: %s", reply ? reply->str : "no connection");
    redisFree(c);
    return reply;
}

static double redis_memory(void)
{
    static const char key[] = "used_memory:";
    redisReply *reply = redis("INFO memory");
    const char *at = reply->str ? strstr(reply->str, key) : NULL;
    const double value = at ? strtod(at + sizeof(key) - 1, NULL) : 0;

    freeReplyObject(reply);
    return value;
}

static double stream_length(void)
{
    redisReply *reply = redis("XLEN order-events");
    const double value = (double)reply->integer;

    freeReplyObject(reply);
    return value;
}

/* --- all ----------------------------------------------------------------------------------------
 */

struct stored stored_now(void)
{
    return (struct stored){
        .orders = (double)ask_number("order", "SELECT count(*) FROM orders"),
        .messages = messages(),
        .mails = (double)ask_number("notification", "SELECT count(*) FROM notifications"),
        .database = database_bytes(),
        .wal = (double)ask_number("order", "SELECT (pg_current_wal_lsn() - '0/0')::bigint"),
        .redis_files = folder_bytes("redis"),
        .redis_memory = redis_memory(),
        .rabbitmq_files = folder_bytes("rabbitmq"),
    };
}

static double rows_of(const char *table)
{
    double n = 0;

    for (size_t i = 0; i < COUNT(databases); i++)
        n += (double)ask_number(databases[i], text("SELECT count(*) FROM %s", table));
    return n;
}

void stored_tell_rows(const char *moment)
{
    static const char *const tables[] = {"outbox", "inbox", "idempotency"};

    for (size_t i = 0; i < COUNT(tables); i++)
        figure_add(LESS_IS_BETTER, "rows", rows_of(tables[i]), "growth.rows.%s.%s", tables[i],
                   moment);
    figure_add(LESS_IS_BETTER, "rows", stream_length(), "growth.rows.stream.%s", moment);
    figures_tell();
}
