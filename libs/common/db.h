/* db.h - PostgreSQL for one thread.
 *
 * A struct db is one connection and belongs to one thread. Results are owned by
 * the unit's arena: strings from db_str() live as long as it does. Every SQL text
 * must be a literal: it is prepared on first use and known by its address.
 *
 * Units of work: the shell brackets each with db_unit_begin() and either
 * db_unit_commit() or db_unit_rollback(). In a DB_WRITE unit the transaction opens
 * with the first statement, so that a use-case may call other services before its
 * first statement without holding a transaction open. In a DB_READ unit each
 * statement stands alone. */
#ifndef COMMON_DB_H
#define COMMON_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctx.h"
#include "err.h"

struct db;

enum db_mode { DB_READ, DB_WRITE };

struct db_options {
    const char *url;      /* postgresql://role@host:port/database */
    const char *password; /* or NULL */
    const char *name;     /* application_name */
};

struct db *db_open(const struct db_options *opt); /* connects on first use */
void db_close(struct db *db);                     /* NULL is fine */

/* Is the server there? Connects if need be. */
struct err db_ping(struct ctx *ctx) MUST_CHECK;

/* False once a statement found the connection lost, until one succeeds. */
bool db_healthy(const struct db *db);

void db_unit_begin(struct ctx *ctx, enum db_mode mode);
struct err db_unit_commit(struct ctx *ctx) MUST_CHECK; /* then wakes ctx->wakes */
void db_unit_rollback(struct ctx *ctx);                /* also when nothing is open */

/* Parameters are text, NULL is SQL's NULL. SQLSTATE decides the error's code:
 * 23xxx CONFLICT, 22xxx INVALID, 40/53/55/57/58/08 and a lost connection
 * UNAVAILABLE, all else INTERNAL. The server's own words go to the log. */
struct db_rows {
    struct pg_result *res;
    int count; /* rows returned, or touched */
};

#define db_exec(ctx, rows, sql, ...)                                                               \
    db_exec_params((ctx), (rows), (sql), (const char *const[]){__VA_ARGS__, NULL},    \
                   sizeof((const char *const[]){__VA_ARGS__, NULL}) /                 \
                           sizeof(char *) -                                                        \
                       1)
struct err db_exec_params(struct ctx *ctx, struct db_rows *rows, const char *sql,
                          const char *const params[], size_t nparams) MUST_CHECK;

/* The constraint that the last ERR_CONFLICT violated, or "". */
const char *db_constraint(const struct db *db);

const char *db_param_int(struct ctx *ctx, int64_t value);
const char *db_param_bool(bool value);
/* PostgreSQL array literals, for unnest($1::text[], $2::bigint[]) */
const char *db_param_strs(struct ctx *ctx, const char *const values[], size_t n);
const char *db_param_ints(struct ctx *ctx, const int64_t values[], size_t n);

const char *db_str(const struct db_rows *rows, int row, int col);         /* "" for NULL */
const char *db_str_or_null(const struct db_rows *rows, int row, int col); /* NULL for NULL */
int64_t db_int(const struct db_rows *rows, int row, int col);
bool db_bool(const struct db_rows *rows, int row, int col);

#endif
