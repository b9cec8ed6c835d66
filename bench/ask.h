/* ask.h - questions to the services' databases; the bench ends when there is no answer. */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include <libpq-fe.h>
#include <stdint.h>

/* Say why, and end the program. */
void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The rows of a query to the database of "order", "user", …; 'param' is $1 or NULL. To
 * be freed with PQclear(). */
PGresult *ask(const char *service, const char *sql, const char *param);
int64_t ask_number(const char *service, const char *sql);

#endif
