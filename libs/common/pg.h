/* pg.h - one session with PostgreSQL, for db.c alone: connect, prepare, send, and wait
 * no longer than a deadline.
 *
 * libpq's synchronous calls have no time limit of their own, so these use the
 * asynchronous ones with poll(2). They also allow several statements to travel together
 * (pipeline mode): one round trip for all of them. */
#ifndef COMMON_PG_H
#define COMMON_PG_H

#include <stdbool.h>
#include <stddef.h>

#include <libpq-fe.h>

#include "db.h"

enum { PG_MAX_PREPARED = 128 }; /* statements beyond these run unprepared */

struct pg {
    PGconn *conn;  /* NULL: no session */
    int answer_ms; /* more than statement_timeout: the server should give up first */
    struct pg_prepared {
        const char *sql;
        unsigned number;         /* "s<number>" on the server */
    } prepared[PG_MAX_PREPARED]; /* sorted by address */
    unsigned nprepared;
};

/* LOST and LATE (no answer in time) have ended the session already and logged why. */
enum pg_outcome { PG_ANSWERED, PG_LOST, PG_LATE };

struct pg_statement {
    const char *sql;
    const char *const *params;
    int nparams;
};

/* False: '*why' says why, fit for the log, until the arena ends. */
bool pg_connect(struct pg *pg, const struct db_options *opt, struct arena *a, const char **why);
void pg_close(struct pg *pg); /* also when there is no session */

bool pg_in_transaction(const struct pg *pg); /* also an aborted one */

/* Is the session good for another statement? False, and closed, when the server has said
 * something unasked: that it ends, as a rule. */
bool pg_alive(struct pg *pg);

/* All in one round trip, in order; after one that fails the others are not run. When
 * ANSWERED, each of res[] is the caller's to clear: the answer, an error (pg_failed), or
 * NULL where the server did not come to it. */
enum pg_outcome pg_run(struct pg *pg, const struct pg_statement list[], size_t n, PGresult *res[]);
enum pg_outcome pg_run_script(struct pg *pg, const char *sql, int timeout_ms, PGresult **res);

bool pg_failed(const PGresult *res);

#endif
