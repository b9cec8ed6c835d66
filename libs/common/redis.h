/* redis.h - one connection to Redis and commands sent over it in a pipeline: the ground
 * that stream.c stands on. The only file that knows hiredis. */
#ifndef COMMON_REDIS_H
#define COMMON_REDIS_H

#include <hiredis/hiredis.h>
#include <stdbool.h>

#include "stream.h"

struct redis {
    const struct stream_address *addr;
    redisContext *conn; /* NULL: connect on next use */
};

struct redis_command {
    const char *const *argv;
    size_t argc;
};

#define REDIS_COMMAND(...)                                                                         \
    ((struct redis_command){(const char *const[]){__VA_ARGS__},                                    \
                            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)})

void redis_close(struct redis *r);

/* Send all 'n' commands, then read their replies, which live in 'a'. An error is one of
 * the connection; replies may say that their commands failed. */
struct err redis_pipeline(struct redis *r, struct arena *a, const struct redis_command commands[],
                          size_t n, redisReply *replies[]) MUST_CHECK;

/* One command; a reply that is an error is one here too, unless it begins with the word
 * 'tolerated' (or NULL). */
struct err redis_call(struct redis *r, struct arena *a, struct redis_command command,
                      const char *tolerated, redisReply **reply) MUST_CHECK;

/* The error that a reply is, also one within the replies of a transaction. Closes. */
struct err redis_reply_error(struct redis *r, struct arena *a, const redisReply *reply) MUST_CHECK;

/* Is it an error that begins with this word, as NOGROUP? */
bool redis_says(const redisReply *reply, const char *word);

#endif
