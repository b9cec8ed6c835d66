/* db.c - units of work on one PostgreSQL session that may come and go. */
#include "db.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db_gather.h"
#include "db_sqlstate.h"
#include "log.h"
#include "pg.h"
#include "worker.h"

enum {
    ANSWER_MS = 10000,
    CONNECT_PAUSE_MS = 200,
    CONNECT_LOG_MS = 10000,
    MAX_WAITING = 64,
    MAX_GATHERS = 4
};

struct db {
    struct arena *arena; /* holds all of this */
    struct db_options opt;
    struct pg pg;
    bool healthy;
    bool write;        /* in a DB_WRITE unit */
    struct err failed; /* of that unit: why it cannot be committed; a literal */
    struct pg_statement waiting[MAX_WAITING]; /* of that unit, not sent yet */
    struct db_rows *asked[MAX_WAITING];       /* who wants the answer, or NULL */
    size_t nwaiting;
    struct gather gathers[MAX_GATHERS]; /* of that unit, for its commit */
    size_t ngathers;
    bool renew;          /* the session is of no use after this transaction */
    int64_t connect_at;  /* not before: a down server is left alone for a moment */
    int64_t complain_at; /* and so is the reader of the log */
    char constraint[64];
};

static const struct err gone = {ERR_UNAVAILABLE, "the database is not available"};

static void clear_result(void *res)
{
    PQclear(res);
}

struct db *db_open(const struct db_options *opt)
{
    struct arena *a = arena_new();
    struct db *db = arena_alloc(a, sizeof(*db));

    db->arena = a;
    db->healthy = true;
    db->pg.answer_ms = opt->answer_ms ? opt->answer_ms : ANSWER_MS;
    db->opt = *opt;
    db->opt.url = arena_strdup(a, opt->url);
    db->opt.password = opt->password ? arena_strdup(a, opt->password) : NULL;
    db->opt.name = opt->name ? arena_strdup(a, opt->name) : NULL;
    return db;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    pg_close(&db->pg);
    arena_free(db->arena);
}

void db_disconnect(struct db *db)
{
    pg_close(&db->pg);
    db->renew = false;
}

bool db_healthy(const struct db *db)
{
    return db->healthy;
}

const char *db_constraint(const struct db *db)
{
    return db->constraint;
}

/* --- sessions --------------------------------------------------------------- */

static struct err connect_failed(struct db *db, const char *why)
{
    int64_t now = clock_mono_ms();

    /* The jitter keeps many threads from knocking at the same moment. */
    db->connect_at = now + CONNECT_PAUSE_MS / 2 + arc4random_uniform(CONNECT_PAUSE_MS);
    if (now >= db->complain_at) {
        log_warn("database: %.*s", (int)strcspn(why, "\n"), why);
        db->complain_at = now + CONNECT_LOG_MS;
    }
    db->healthy = false;
    return gone;
}

static struct err ensure_session(struct ctx *ctx)
{
    struct db *db = ctx->db;
    const char *why;

    if (db->renew && !pg_in_transaction(&db->pg))
        db_disconnect(db);
    if (db->pg.conn)
        return OK;
    if (clock_mono_ms() < db->connect_at)
        return gone;
    if (!pg_connect(&db->pg, &db->opt, ctx->arena, &why))
        return connect_failed(db, why);
    db->connect_at = db->complain_at = 0;
    return OK;
}

/* --- statements ------------------------------------------------------------- */

/* The words are for the log; they hold no row's values (those are in the detail). */
static struct err refused(struct db *db, const char *sql, const PGresult *res)
{
    const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
    const char *constraint = PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME);
    const struct sqlstate *s = sqlstate_find(code ? code : "");

    log_line(s->code == ERR_CONFLICT ? "debug" : "warn", "database: %s %s, in: %.80s",
             code ? code : "-", words ? words : PQresultErrorMessage(res), sql);
    strncpy(db->constraint, constraint ? constraint : "", sizeof(db->constraint) - 1);
    db->renew |= s->session == RENEW;
    db->healthy = s->session != ILL;
    return (struct err){s->code, s->msg};
}

/* With the session goes what it had done of a transaction, so only statements that
 * stand alone or open one are sent again. Not those that also end it, for they may have
 * been heard: before these it is made sure that the session has not ended already. */
static enum pg_outcome send(struct ctx *ctx, bool ends, PGresult *res[])
{
    struct db *db = ctx->db;
    bool opens = !pg_in_transaction(&db->pg);
    int attempts = opens && !ends ? 2 : 1;
    enum pg_outcome outcome = PG_LOST;

    do {
        struct err err = ensure_session(ctx);

        if (!err.code && opens && ends && !pg_alive(&db->pg))
            err = ensure_session(ctx);
        if (err.code)
            return PG_LOST;
        outcome = pg_run(&db->pg, db->waiting, db->nwaiting, res);
    } while (outcome == PG_LOST && --attempts > 0);
    return outcome;
}

/* The first error counts, or else the last answer. */
static struct err judge(struct ctx *ctx, PGresult *res[], size_t n)
{
    size_t telling = 0;

    while (telling < n - 1 && !(res[telling] && pg_failed(res[telling])))
        telling++;
    for (size_t i = 0; i < n; i++)
        if (res[i])
            arena_defer(ctx->arena, clear_result, res[i]);
    if (!res[telling])
        return gone;
    if (pg_failed(res[telling]))
        return refused(ctx->db, ctx->db->waiting[telling].sql, res[telling]);
    return OK;
}

static struct db_rows rows_of(PGresult *res)
{
    const bool rows = PQresultStatus(res) == PGRES_TUPLES_OK;

    return (struct db_rows){
        .res = res,
        .count = rows ? PQntuples(res) : (int)strtol(PQcmdTuples(res), NULL, 10),
    };
}

static void hand_out(struct db *db, PGresult *res[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (db->asked[i])
            *db->asked[i] = rows_of(res[i]);
}

/* Send all that waits, in one round trip. '*last' is the last statement's answer. */
static struct err flush(struct ctx *ctx, bool ends, PGresult **last)
{
    PGresult *res[MAX_WAITING] = {NULL};
    struct db *db = ctx->db;
    size_t n = db->nwaiting;
    struct err err = gone;

    db->healthy = send(ctx, ends, res) == PG_ANSWERED;
    if (db->healthy)
        err = judge(ctx, res, n);
    if (!err.code)
        hand_out(db, res, n);
    db->nwaiting = 0;
    *last = res[n - 1];
    return err;
}

/* One more statement that waits; the first of a DB_WRITE unit has BEGIN before it. */
static void wait_in_line(struct db *db, struct pg_statement s, struct db_rows *asked)
{
    if (db->write && db->nwaiting == 0 && !pg_in_transaction(&db->pg)) {
        db->asked[db->nwaiting] = NULL;
        db->waiting[db->nwaiting++] = (struct pg_statement){.sql = "BEGIN"};
    }
    db->asked[db->nwaiting] = asked;
    db->waiting[db->nwaiting++] = s;
}

static struct err flush_in_unit(struct ctx *ctx)
{
    PGresult *last;
    struct err err = flush(ctx, false, &last);

    if (err.code && ctx->db->write)
        ctx->db->failed = err;
    return err;
}

struct err db_exec_params(struct ctx *ctx, struct db_rows *rows, const char *sql,
                          const char *const params[], size_t nparams)
{
    struct db *db = ctx->db;

    *rows = (struct db_rows){.res = NULL};
    if (db->failed.code)
        return db->failed;
    wait_in_line(db, (struct pg_statement){.sql = sql, .params = params, .nparams = (int)nparams},
                 rows);
    return flush_in_unit(ctx);
}

struct err db_ask_params(struct ctx *ctx, struct db_rows *rows, const char *sql,
                         const char *const params[], size_t nparams)
{
    enum { BESIDES = 2 }; /* a BEGIN, and the statement that takes these along */
    struct db *db = ctx->db;
    struct db_rows ignored;
    const char **kept;

    if (!db->write || db->nwaiting >= MAX_WAITING - BESIDES)
        return db_exec_params(ctx, rows ? rows : &ignored, sql, params, nparams);
    if (rows)
        *rows = (struct db_rows){.res = NULL};
    if (db->failed.code)
        return db->failed;
    kept = arena_array(ctx->arena, const char *, nparams);
    for (size_t i = 0; i < nparams; i++)
        kept[i] = params[i];
    wait_in_line(db, (struct pg_statement){.sql = sql, .params = kept, .nparams = (int)nparams},
                 rows);
    return OK;
}

struct err db_flush(struct ctx *ctx)
{
    if (ctx->db->failed.code || ctx->db->nwaiting == 0)
        return ctx->db->failed;
    return flush_in_unit(ctx);
}

static struct err write_gathered(struct ctx *ctx, const struct gather *g)
{
    return db_ask_params(ctx, NULL, g->sql, gather_params(ctx, g), g->ncols);
}

static struct gather *gather_for(struct db *db, const char *sql, size_t ncols)
{
    struct gather *g = db->gathers;

    while (g < &db->gathers[db->ngathers] && g->sql != sql)
        g++;
    if (g == &db->gathers[MAX_GATHERS])
        return NULL;
    if (g == &db->gathers[db->ngathers]) {
        *g = (struct gather){.sql = sql, .ncols = ncols};
        db->ngathers++;
    }
    return g;
}

struct err db_gather_params(struct ctx *ctx, const char *sql, const char *const values[],
                            size_t ncols)
{
    struct gather *g = ctx->db->write ? gather_for(ctx->db, sql, ncols) : NULL;
    struct gather alone = {.sql = sql, .ncols = ncols};

    gather_add(ctx, g ? g : &alone, values);
    return g ? ctx->db->failed : write_gathered(ctx, &alone);
}

struct err db_ping(struct ctx *ctx)
{
    struct db_rows ignored;

    return db_exec(ctx, &ignored, "SELECT 1");
}

struct err db_exec_script(struct ctx *ctx, const char *sql, int timeout_ms)
{
    struct db *db = ctx->db;
    PGresult *res;
    struct err err = db_ping(ctx); /* opens the unit's transaction, or connects */

    if (err.code)
        return err;
    err = gone;
    db->healthy = pg_run_script(&db->pg, sql, timeout_ms, &res) == PG_ANSWERED;
    if (db->healthy) {
        arena_defer(ctx->arena, clear_result, res);
        err = pg_failed(res) ? refused(db, sql, res) : OK;
    }
    if (!err.code && db->write && !pg_in_transaction(&db->pg))
        err = (struct err){ERR_INTERNAL, "the script ended the transaction that it ran in"};
    if (db->write)
        db->failed = err;
    return err;
}

/* --- units of work ---------------------------------------------------------- */

static void unit_end(struct ctx *ctx)
{
    struct db *db = ctx->db;

    db->write = false;
    db->failed = OK;
    db->nwaiting = db->ngathers = 0;
    ctx->wakes = 0;
}

void db_unit_begin(struct ctx *ctx, enum db_mode mode)
{
    if (pg_in_transaction(&ctx->db->pg))
        log_error("database: a unit of work was left open; it is rolled back");
    db_unit_rollback(ctx);
    ctx->db->write = mode == DB_WRITE;
}

/* In an aborted transaction COMMIT succeeds, and does a rollback. */
static struct err commit(struct ctx *ctx)
{
    PGresult *res;
    struct err err;

    wait_in_line(ctx->db, (struct pg_statement){.sql = "COMMIT"}, NULL);
    err = flush(ctx, true, &res);
    if (err.code)
        return err;
    if (strcmp(PQcmdStatus(res), "COMMIT") != 0)
        return (struct err){ERR_INTERNAL, "the transaction was rolled back"};
    return OK;
}

struct err db_unit_commit(struct ctx *ctx)
{
    struct err err = ctx->db->failed;
    unsigned wakes = ctx->wakes;

    for (size_t i = 0; !err.code && i < ctx->db->ngathers; i++)
        err = write_gathered(ctx, &ctx->db->gathers[i]);
    if (!err.code && (ctx->db->nwaiting || pg_in_transaction(&ctx->db->pg)))
        err = commit(ctx);
    if (err.code) {
        db_unit_rollback(ctx);
        return err;
    }
    unit_end(ctx);
    if (wakes)
        worker_wake(wakes);
    return OK;
}

void db_unit_rollback(struct ctx *ctx)
{
    struct pg *pg = &ctx->db->pg;
    PGresult *res;

    if (pg_in_transaction(pg) &&
        pg_run(pg, &(struct pg_statement){.sql = "ROLLBACK"}, 1, &res) == PG_ANSWERED)
        PQclear(res);
    if (pg_in_transaction(pg))
        pg_close(pg);
    unit_end(ctx);
}
