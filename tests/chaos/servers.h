/* servers.h - a word with the servers and with the stack's own script, at a time when they
 * may well be dead: nothing here fails a test, and nothing waits for long. */
#ifndef CHAOS_SERVERS_H
#define CHAOS_SERVERS_H

#include <stdbool.h>
#include <stdint.h>

/* A verb of infra/stack.sh with its arguments. */
bool stack_does(const char *arguments);

/* The first column of the first row as a number, 0 when there is none; -1 when the server
 * refuses or does not answer. 'database' is a service's name or "postgres". */
int64_t ask_sql(const char *database, const char *statement);

bool tell_redis(const char *command);

/* The number that the id of the stream's oldest entry begins with, which is when it was
 * written, in milliseconds; INT64_MAX of an empty stream, -1 without an answer. */
int64_t oldest_in_stream(const char *stream);

/* Append the entries of a stream once more, the last one first. */
bool repeat_stream(const char *stream);

#endif
