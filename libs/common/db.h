/* db.h - PostgreSQL for one thread.
 *
 * A struct db is one connection and belongs to one thread. Results are owned by
 * the unit's arena: strings from db_str() live as long as it does. Every SQL text
 * must be a literal: it is prepared on first use and known by its address.
 *
 * Units of work: the shell brackets each with db_unit_begin() and either
 * db_unit_commit() or db_unit_rollback(). In a DB_WRITE unit the transaction opens
 * with the first statement, so that a use-case may call other services before its
 * first statement without holding a transaction open. In a DB_READ unit, and
 * outside any, each statement stands alone.
 *
 * A round trip costs more than most statements, so those of a DB_WRITE unit whose answer
 * nobody needs to see (db_later) wait and travel with the next statement or the commit.
 * A whole unit may thus be one round trip; an error in it undoes all of it as ever. Rows that
 * are only added may wait for the commit, which writes all of a kind by one statement
 * (db_gather).
 *
 * A lost connection: a statement that stands alone, or opens a transaction, is run
 * once more on a new connection and nobody notices; so write nothing in a DB_READ
 * unit that must not be written twice. Within a transaction it is UNAVAILABLE, and
 * the unit has failed: every further statement and the commit answer the same. A
 * server that is down is asked again every 200 ms or so, not by every statement.
 *
 * No statement takes longer than 5 s on the server or waits longer than 2 s for a
 * lock, no answer is awaited longer than 10 s, and an idle transaction is ended by the
 * server after 10 s. */
#ifndef COMMON_DB_H
#define COMMON_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

struct db;

enum db_mode { DB_READ, DB_WRITE };

/* The url may carry any setting of libpq, as in ?sslmode=verify-full&connect_timeout=1,
 * and wins over the settings of this module; its 'options' come after those given here.
 * Copied by db_open(). */
struct db_options {
    const char *url;      /* postgresql://role@host:port/database */
    const char *password; /* or NULL; wins over the url's */
    const char *name;     /* application_name */
    int answer_ms;        /* how long an answer is awaited; 0: 10,000 */
    /* Plan each statement once, and by an index where there is one. For those who take work
     * from tables whose rows come and go: to the planner they look empty, and so cheap to read
     * in full. Not for a statement that serves several questions, as lists do. */
    bool by_index;
};

struct db *db_open(const struct db_options *opt); /* connects on first use */
void db_close(struct db *db);                     /* NULL is fine */

/* Is the server there? Connects if need be. */
struct err db_ping(struct ctx *ctx) MUST_CHECK;

/* False once a statement found the connection lost, or the server's disk full, until one
 * succeeds: what failed is then no fault of the statement's. */
bool db_healthy(const struct db *db);

void db_unit_begin(struct ctx *ctx, enum db_mode mode);

/* Makes all of the unit's statements count, or none, and wakes ctx->wakes. An error
 * means none, but for UNAVAILABLE: the server may have committed and died before it
 * could say so. Run the unit again: its idempotency key or its inbox row tells. */
struct err db_unit_commit(struct ctx *ctx) MUST_CHECK;
void db_unit_rollback(struct ctx *ctx); /* also when nothing is open */

struct db_rows {
    struct pg_result *res;
    int count; /* rows returned, or touched */
};

/* db_exec(ctx, &rows, "SELECT … WHERE a = $1 AND b = $2", a, b): any number of
 * parameters, none too. Parameters are text, NULL is SQL's NULL. SQLSTATE decides the
 * error's code: 23xxx CONFLICT, 22xxx INVALID, 40/53/55/57/58/08 and a lost connection
 * UNAVAILABLE, all else INTERNAL. The server's own words go to the log. */
#define db_exec(ctx, rows, ...)                                                                    \
    db_exec_params((ctx), (rows), DB_SQL(__VA_ARGS__, NULL),                                       \
                   (const char *const[]){DB_PARAMS(__VA_ARGS__, NULL)},                            \
                   sizeof((const char *const[]){DB_PARAMS(__VA_ARGS__, NULL)}) / sizeof(char *) -  \
                       1)
#define DB_SQL(sql, ...)    sql
#define DB_PARAMS(sql, ...) __VA_ARGS__

struct err db_exec_params(struct ctx *ctx, struct db_rows *rows, const char *sql,
                          const char *const params[], size_t nparams) MUST_CHECK;

/* Run a statement some time before the unit's next db_exec() or commit is answered, which
 * reports its error as if it were its own: so not for a statement whose conflict means
 * something to its caller. The parameters must stay valid until then. In a DB_READ unit,
 * and outside any, it is run at once. */
#define db_later(ctx, ...) db_ask((ctx), NULL, __VA_ARGS__)

/* The same, for a statement whose rows are wanted: '*rows' is filled in when the unit's next
 * db_exec(), db_flush() or commit is answered. */
#define db_ask(ctx, rows, ...)                                                                     \
    db_ask_params((ctx), (rows), DB_SQL(__VA_ARGS__, NULL),                                        \
                  (const char *const[]){DB_PARAMS(__VA_ARGS__, NULL)},                             \
                  sizeof((const char *const[]){DB_PARAMS(__VA_ARGS__, NULL)}) / sizeof(char *) -   \
                      1)

struct err db_ask_params(struct ctx *ctx, struct db_rows *rows, const char *sql,
                         const char *const params[], size_t nparams) MUST_CHECK;

/* Send what waits, and wait for the answers. */
struct err db_flush(struct ctx *ctx) MUST_CHECK;

/* One row for a statement that the commit runs once for all rows gathered under its text,
 * with an array for each column: db_gather(ctx, "INSERT INTO t (a, b) SELECT * FROM
 * unnest($1::text[], $2::bigint[])", a, b). For what is only added, and not read before the
 * commit. The values must stay valid until then; its error is the commit's. Outside a
 * DB_WRITE unit it is run at once. */
#define db_gather(ctx, ...)                                                                        \
    db_gather_params(                                                                              \
        (ctx), DB_SQL(__VA_ARGS__, NULL), (const char *const[]){DB_PARAMS(__VA_ARGS__, NULL)},     \
        sizeof((const char *const[]){DB_PARAMS(__VA_ARGS__, NULL)}) / sizeof(char *) - 1)

struct err db_gather_params(struct ctx *ctx, const char *sql, const char *const values[],
                            size_t ncols) MUST_CHECK;

/* Several statements at once, without parameters and of any text; the answer is
 * awaited 'timeout_ms'. They join the unit's transaction. For migrate.c and tests. */
struct err db_exec_script(struct ctx *ctx, const char *sql, int timeout_ms) MUST_CHECK;

/* End the session and what hangs on it (locks, settings); the next statement
 * begins another. Not within a transaction. */
void db_disconnect(struct db *db);

/* The constraint that the last ERR_CONFLICT violated, or "". */
const char *db_constraint(const struct db *db);

const char *db_param_int(struct ctx *ctx, int64_t value);
const char *db_param_bool(bool value);
/* PostgreSQL array literals, for unnest($1::text[], $2::bigint[]) */
const char *db_param_strs(struct ctx *ctx, const char *const values[], size_t n);
const char *db_param_ints(struct ctx *ctx, const int64_t values[], size_t n);

const char *db_str(const struct db_rows *rows, int row, int col);         /* "" for NULL */
const char *db_str_or_null(const struct db_rows *rows, int row, int col); /* NULL for NULL */
int64_t db_int(const struct db_rows *rows, int row, int col);             /* 0 for NULL */
bool db_bool(const struct db_rows *rows, int row, int col);               /* false for NULL */

/* SQL that shows a timestamptz in RFC 3339, UTC, whatever the session's time zone is. */
#define DB_RFC3339(column)                                                                         \
    "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"

#endif
