/* redis_server.h - Redis as tests see it: commands of their own, beside stream.h. */
#ifndef COMMON_TESTS_REDIS_SERVER_H
#define COMMON_TESTS_REDIS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

struct stream_address redis_server_address(void); /* from the environment */

/* Run one command; its answer when it is a number, else 0. Ends the program on errors. */
int64_t redis_server_do(const char *const argv[], size_t argc);
#define redis_do(...)                                                                              \
    redis_server_do((const char *const[]){__VA_ARGS__},                                            \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Is the stream empty, and nothing pending? */
bool redis_server_settled(const char *stream, const char *group);

/* Dead entries of a stream with this reason. */
int64_t redis_server_buried(const char *stream, const char *reason);

/* The stream and its dead entries. */
void redis_server_delete(const char *stream);

#endif
