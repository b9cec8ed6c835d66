/* redis_server.c - Redis as tests see it. */
#include "redis_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "redis.h"
#include "testing.h"

struct stream_address redis_server_address(void)
{
    return (struct stream_address){
        .host = testing_env("TEST_REDIS_HOST"),
        .port = (int)strtol(testing_env("TEST_REDIS_PORT"), NULL, 10),
        .password = testing_env("TEST_REDIS_PASSWORD"),
    };
}

int64_t redis_server_do(const char *const argv[], size_t argc)
{
    const struct stream_address addr = redis_server_address();
    struct redis r = {.addr = &addr};
    struct arena *a = arena_new();
    redisReply *reply;
    struct err err = redis_call(&r, a, (struct redis_command){argv, argc}, NULL, &reply);
    int64_t number;

    if (err.code) {
        fprintf(stderr, "%s: %s\n", argv[0], err.msg);
        exit(1);
    }
    number = reply->type == REDIS_REPLY_INTEGER ? reply->integer : 0;
    redis_close(&r);
    arena_free(a);
    return number;
}

bool redis_server_settled(const char *stream, const char *group)
{
    static const char script[] = "return redis.call('XLEN', KEYS[1])"
                                 " + redis.call('XPENDING', KEYS[1], ARGV[1])[1]";

    return redis_do("EVAL", script, "1", stream, group) == 0;
}

int64_t redis_server_buried(const char *stream, const char *reason)
{
    static const char script[] =
        "local n = 0\n"
        "for _, entry in ipairs(redis.call('XRANGE', KEYS[1] .. '.dead', '-', '+')) do\n"
        "  for _, field in ipairs(entry[2]) do\n"
        "    if field == ARGV[1] then n = n + 1 end\n"
        "  end\n"
        "end\n"
        "return n";

    return redis_do("EVAL", script, "1", stream, reason);
}

void redis_server_delete(const char *stream)
{
    struct arena *a = arena_new();

    redis_do("DEL", stream, arena_printf(a, "%s.dead", stream));
    arena_free(a);
}
