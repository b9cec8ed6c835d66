/* redis.c - one connection to Redis. */
#include "redis.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "arena.h"

enum { TIMEOUT_S = 5, MAX_ARGUMENTS = 512 };

/* Errors that go away by themselves. */
static const char *const passing[] = {
    "LOADING",    "BUSY",       "OOM",         "MISCONF",  "READONLY",
    "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "TRYAGAIN",
};

void redis_close(struct redis *r)
{
    if (r->conn)
        redisFree(r->conn);
    r->conn = NULL;
}

bool redis_says(const redisReply *reply, const char *word)
{
    const size_t len = strlen(word);

    return reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, word, len) == 0 &&
           (reply->str[len] == ' ' || reply->str[len] == '\0');
}

static struct err broken(struct redis *r, struct arena *a, const char *doing)
{
    struct err err = err_new(a, ERR_UNAVAILABLE, "redis: %s: %s", doing, r->conn->errstr);

    redis_close(r);
    return err;
}

struct err redis_reply_error(struct redis *r, struct arena *a, const redisReply *reply)
{
    enum err_code code = ERR_INTERNAL;

    if (reply->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->elements; i++)
            if (reply->element[i]->type == REDIS_REPLY_ERROR)
                return redis_reply_error(r, a, reply->element[i]);
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return OK;
    for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
        if (redis_says(reply, passing[i]))
            code = ERR_UNAVAILABLE;
    redis_close(r);
    return err_new(a, code, "redis: %s", reply->str);
}

static void free_reply(void *reply)
{
    freeReplyObject(reply);
}

static struct err read_reply(struct redis *r, struct arena *a, redisReply **out)
{
    void *reply;

    if (redisGetReply(r->conn, &reply) != REDIS_OK)
        return broken(r, a, "read");
    arena_defer(a, free_reply, reply);
    *out = reply;
    return OK;
}

static struct err append(struct redis *r, struct arena *a, const struct redis_command *c)
{
    const char *argv[MAX_ARGUMENTS];

    if (c->argc > MAX_ARGUMENTS)
        return err_new(a, ERR_INTERNAL, "redis: a command has at most %d words", MAX_ARGUMENTS);
    memcpy(argv, c->argv, c->argc * sizeof(argv[0]));
    if (redisAppendCommandArgv(r->conn, (int)c->argc, argv, NULL) != REDIS_OK)
        return broken(r, a, "append");
    return OK;
}

/* Not being let in is no fault of the commands that follow: UNAVAILABLE. */
static struct err log_in(struct redis *r, struct arena *a)
{
    const struct redis_command auth = REDIS_COMMAND("AUTH", r->addr->password);
    redisReply *reply = NULL;
    struct err err = append(r, a, &auth);

    if (!err.code)
        err = read_reply(r, a, &reply);
    if (reply)
        err = redis_reply_error(r, a, reply);
    if (err.code)
        err.code = ERR_UNAVAILABLE;
    return err;
}

/* redisReconnect() would forget the timeout of commands (hiredis 0.14), and
 * redisConnectWithTimeout() sets only that of connecting. */
static struct err connect_to(struct redis *r, struct arena *a)
{
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};

    r->conn = redisConnectWithTimeout(r->addr->host, r->addr->port, timeout);
    if (!r->conn)
        abort();
    if (r->conn->err || redisSetTimeout(r->conn, timeout) != REDIS_OK)
        return broken(r, a, "connect");
    return r->addr->password && *r->addr->password ? log_in(r, a) : OK;
}

struct err redis_pipeline(struct redis *r, struct arena *a, const struct redis_command commands[],
                          size_t n, redisReply *replies[])
{
    struct err err = r->conn ? OK : connect_to(r, a);

    for (size_t i = 0; !err.code && i < n; i++)
        err = append(r, a, &commands[i]);
    for (size_t i = 0; !err.code && i < n; i++)
        err = read_reply(r, a, &replies[i]);
    if (err.code)
        redis_close(r); /* half a pipeline may be in its buffer */
    return err;
}

struct err redis_call(struct redis *r, struct arena *a, struct redis_command command,
                      const char *tolerated, redisReply **reply)
{
    struct err err = redis_pipeline(r, a, &command, 1, reply);

    if (err.code || (tolerated && redis_says(*reply, tolerated)))
        return err;
    return redis_reply_error(r, a, *reply);
}
