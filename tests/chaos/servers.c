/* servers.c - a word with the servers and with the stack's own script. */
#include "servers.h"

#include <ctype.h>
#include <hiredis/hiredis.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "world.h"

enum { MAX_FIELDS = 32 };

bool stack_does(const char *arguments)
{
    const char *command = text("%s %s >/dev/null 2>&1", world_env("STACK_COMMAND"), arguments);

    return system(command) == 0; /* NOLINT(cert-env33-c): a script is what we want to run */
}

/* --- PostgreSQL ------------------------------------------------------------------- */

static const char *url_of(const char *database)
{
    char *name = text("%s_DATABASE_URL", database);

    if (strcmp(database, "postgres") == 0)
        return world_env("POSTGRES_URL");
    for (char *p = name; *p; p++)
        *p = (char)toupper((unsigned char)*p);
    return world_env(name);
}

static void say_nothing(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

int64_t ask_sql(const char *database, const char *statement)
{
    PGconn *conn = PQconnectdb(url_of(database));
    ExecStatusType status;
    PGresult *res;
    int64_t value;

    PQsetNoticeProcessor(conn, say_nothing, NULL);
    res = PQexec(conn, statement);
    status = PQresultStatus(res);
    value = status == PGRES_COMMAND_OK ? 0 : -1;
    if (status == PGRES_TUPLES_OK)
        value = PQntuples(res) > 0 ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : 0;
    PQclear(res);
    PQfinish(conn);
    return value;
}

/* --- Redis ------------------------------------------------------------------------ */

static redisContext *redis_connect(void)
{
    const struct timeval timeout = {.tv_sec = 3};
    redisContext *c =
        redisConnectWithTimeout(world_env("REDIS_HOST"), world_port("REDIS_PORT"), timeout);
    redisReply *r;

    if (!c || c->err)
        goto gone;
    redisSetTimeout(c, timeout);
    r = redisCommand(c, "AUTH %s %s", world_env("REDIS_USER"), world_secret("REDIS_PASSWORD_FILE"));
    if (r) {
        freeReplyObject(r);
        return c;
    }
gone:
    if (c)
        redisFree(c);
    return NULL;
}

/* NULL: no answer, or an error. */
static redisReply *redis_ask(redisContext *c, const char *command)
{
    redisReply *r = redisCommand(c, command);

    if (r && r->type == REDIS_REPLY_ERROR) {
        freeReplyObject(r);
        r = NULL;
    }
    return r;
}

bool tell_redis(const char *command)
{
    redisContext *c = redis_connect();
    redisReply *r = c ? redis_ask(c, command) : NULL;
    const bool done = r != NULL;

    if (r)
        freeReplyObject(r);
    if (c)
        redisFree(c);
    return done;
}

int64_t oldest_in_stream(const char *stream)
{
    redisContext *c = redis_connect();
    redisReply *r = c ? redis_ask(c, text("XRANGE %s - + COUNT 1", stream)) : NULL;
    int64_t at = -1;

    if (r && r->type == REDIS_REPLY_ARRAY)
        at = r->elements > 0 ? strtoll(r->element[0]->element[0]->str, NULL, 10) : INT64_MAX;
    if (r)
        freeReplyObject(r);
    if (c)
        redisFree(c);
    return at;
}

/* XADD stream * field value field value … */
static bool append(redisContext *c, const char *stream, const redisReply *fields)
{
    const char *argv[3 + MAX_FIELDS] = {"XADD", stream, "*"};
    size_t lengths[3 + MAX_FIELDS] = {4, strlen(stream), 1}, n = 3;
    redisReply *r;
    bool done;

    for (size_t i = 0; i < fields->elements && i < MAX_FIELDS; i++, n++) {
        argv[n] = fields->element[i]->str;
        lengths[n] = fields->element[i]->len;
    }
    r = redisCommandArgv(c, (int)n, argv, lengths);
    done = r && r->type != REDIS_REPLY_ERROR;
    if (r)
        freeReplyObject(r);
    return done;
}

bool repeat_stream(const char *stream)
{
    redisContext *c = redis_connect();
    redisReply *r = c ? redis_ask(c, text("XREVRANGE %s + - COUNT 200", stream)) : NULL;
    bool done = r != NULL;

    for (size_t i = 0; r && i < r->elements; i++)
        done = done && append(c, stream, r->element[i]->element[1]);
    if (r)
        freeReplyObject(r);
    if (c)
        redisFree(c);
    return done;
}
