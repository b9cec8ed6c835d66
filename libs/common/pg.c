/* pg.c - one session with PostgreSQL, with a deadline for every answer. */
#include "pg.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "log.h"

static const char limits[] = "-c statement_timeout=5000 -c lock_timeout=2000 "
                             "-c idle_in_transaction_session_timeout=10000";

static void log_notice(void *unused, const char *message)
{
    (void)unused;
    log_info("database: %.*s", (int)strcspn(message, "\n"), message);
}

static const char by_index[] = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off "
                               "-c enable_bitmapscan=off";

/* Our own, then the url's 'options': of two settings the later one counts.
 * NULL: no valid url. */
static const char *session_options(struct arena *a, const struct db_options *opt)
{
    PQconninfoOption *settings = PQconninfoParse(opt->url, NULL);
    const char *ours = arena_printf(a, "%s %s", limits, opt->by_index ? by_index : "");
    const char *options = settings ? ours : NULL;

    for (PQconninfoOption *s = settings; s && s->keyword; s++)
        if (!strcmp(s->keyword, "options") && s->val)
            options = arena_printf(a, "%s %s", ours, s->val);
    PQconninfoFree(settings);
    return options;
}

/* What stands before dbname the url overrides, what stands behind it does not. */
static PGconn *connect_to(const struct db_options *opt, const char *options)
{
    const char *const settings[][2] = {
        {"connect_timeout",     "3"          },
        {"tcp_user_timeout",    "5000"       },
        {"keepalives_idle",     "10"         },
        {"keepalives_interval", "3"          },
        {"keepalives_count",    "3"          },
        {"gssencmode",          "disable"    },
        {"application_name",    opt->name    },
        {"dbname",              opt->url     },
        {"password",            opt->password},
        {"options",             options      },
        {"client_encoding",     "UTF8"       },
    };
    enum { N = sizeof(settings) / sizeof(settings[0]) };
    const char *keywords[N + 1] = {NULL}, *values[N + 1] = {NULL};

    for (size_t i = 0; i < N; i++) {
        keywords[i] = settings[i][0];
        values[i] = settings[i][1];
    }
    return PQconnectdbParams(keywords, values, 1);
}

bool pg_connect(struct pg *pg, const struct db_options *opt, struct arena *a, const char **why)
{
    const char *options = session_options(a, opt);

    pg_close(pg);
    *why = "the database's url is not valid"; /* libpq would show it with its password */
    if (!options)
        return false;
    pg->conn = connect_to(opt, options);
    PQsetNoticeProcessor(pg->conn, log_notice, NULL);
    if (PQstatus(pg->conn) == CONNECTION_OK && !PQsetnonblocking(pg->conn, 1))
        return true;
    *why = arena_strdup(a, PQerrorMessage(pg->conn));
    pg_close(pg);
    return false;
}

void pg_close(struct pg *pg)
{
    PQfinish(pg->conn);
    pg->conn = NULL;
    pg->nprepared = 0;
}

bool pg_in_transaction(const struct pg *pg)
{
    return pg->conn && PQtransactionStatus(pg->conn) != PQTRANS_IDLE;
}

bool pg_failed(const PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);

    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY;
}

/* Send what is still to be sent, and wait until PQgetResult() will not block. */
static enum pg_outcome wait_for_answer(PGconn *conn, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - clock_mono_ms();
        int unsent = PQflush(conn);
        struct pollfd fd = {.fd = PQsocket(conn), .events = POLLIN};

        if (unsent < 0)
            return PG_LOST;
        if (left <= 0)
            return PG_LATE;
        if (!unsent && !PQisBusy(conn))
            return PG_ANSWERED;
        if (unsent)
            fd.events |= POLLOUT;
        if (poll(&fd, 1, (int)left) < 0 && errno != EINTR)
            return PG_LOST;
        if (fd.revents && !PQconsumeInput(conn))
            return PG_ANSWERED; /* what came before the end may be an answer */
    }
}

/* Of several results the first error counts, or else the last. */
static PGresult *more_telling(PGresult *a, PGresult *b)
{
    bool keep = !b || (a && pg_failed(a));

    PQclear(keep ? b : a);
    return keep ? a : b;
}

/* The answers, one for each statement: in a pipeline up to its end, whatever the server
 * did not come to. */
static enum pg_outcome collect(PGconn *conn, int64_t deadline_ms, PGresult *res[], size_t n)
{
    bool pipeline = PQpipelineStatus(conn) != PQ_PIPELINE_OFF;
    size_t i = 0;

    for (;;) {
        enum pg_outcome outcome = wait_for_answer(conn, deadline_ms);
        PGresult *next = outcome == PG_ANSWERED ? PQgetResult(conn) : NULL;

        if (outcome != PG_ANSWERED || (!next && !pipeline))
            return outcome;
        if (!next) { /* the end of one statement's answer */
            i++;
        } else if (PQresultStatus(next) == PGRES_PIPELINE_SYNC) {
            PQclear(next);
            return PQexitPipelineMode(conn) ? PG_ANSWERED : PG_LOST;
        } else if (PQresultStatus(next) == PGRES_PIPELINE_ABORTED || i >= n) {
            PQclear(next); /* not run; or of the session, which ends */
        } else {
            res[i] = more_telling(res[i], next);
        }
        if (PQstatus(conn) == CONNECTION_BAD)
            return PG_LOST;
    }
}

/* Wait for the answers to what was sent; a session that does not give them ends. */
static enum pg_outcome finish(struct pg *pg, bool sent, int timeout_ms, PGresult *res[], size_t n)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    enum pg_outcome outcome = PG_LOST;
    const char *why;

    for (size_t i = 0; i < n; i++)
        res[i] = NULL;
    if (sent)
        outcome = collect(pg->conn, deadline_ms, res, n);
    if (outcome == PG_ANSWERED)
        return outcome;
    why = outcome == PG_LATE ? "no answer in time" : PQerrorMessage(pg->conn);
    log_warn("database: connection lost: %.*s", (int)strcspn(why, "\n"), why);
    for (size_t i = 0; i < n; i++) {
        PQclear(res[i]);
        res[i] = NULL;
    }
    pg_close(pg);
    return outcome;
}

/* Where 'sql' is in the table, or belongs. */
static unsigned position(const struct pg *pg, const char *sql)
{
    unsigned low = 0, high = pg->nprepared;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if ((uintptr_t)pg->prepared[middle].sql < (uintptr_t)sql)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remember(struct pg *pg, unsigned at, const char *sql)
{
    memmove(&pg->prepared[at + 1], &pg->prepared[at],
            (pg->nprepared - at) * sizeof(pg->prepared[0]));
    pg->prepared[at] = (struct pg_prepared){sql, ++pg->nprepared};
}

/* The name of a statement that has been prepared, or "". */
static const char *name_of(const struct pg *pg, const struct pg_statement *s, char name[16])
{
    unsigned at = position(pg, s->sql);

    name[0] = '\0';
    if (at < pg->nprepared && pg->prepared[at].sql == s->sql)
        snprintf(name, 16, "s%u", pg->prepared[at].number);
    return name;
}

/* Unless it is there already or the table is full. '*res' becomes the server's refusal,
 * or NULL. */
static enum pg_outcome prepare(struct pg *pg, const struct pg_statement *s, PGresult **res)
{
    enum pg_outcome outcome;
    char name[16];

    *res = NULL;
    if (pg->nprepared == PG_MAX_PREPARED || *name_of(pg, s, name))
        return PG_ANSWERED;
    snprintf(name, sizeof(name), "s%u", pg->nprepared + 1);
    outcome = finish(pg, PQsendPrepare(pg->conn, name, s->sql, 0, NULL), pg->answer_ms, res, 1);
    if (outcome == PG_ANSWERED && !pg_failed(*res)) {
        remember(pg, position(pg, s->sql), s->sql);
        PQclear(*res);
        *res = NULL;
    }
    return outcome;
}

static bool send_statement(struct pg *pg, const struct pg_statement *s)
{
    char name[16];

    return *name_of(pg, s, name)
               ? PQsendQueryPrepared(pg->conn, name, s->nparams, s->params, NULL, NULL, 0)
               : PQsendQueryParams(pg->conn, s->sql, s->nparams, NULL, s->params, NULL, NULL, 0);
}

static bool send_all(struct pg *pg, const struct pg_statement list[], size_t n)
{
    bool sent = n == 1 || PQenterPipelineMode(pg->conn);

    for (size_t i = 0; sent && i < n; i++)
        sent = send_statement(pg, &list[i]);
    return sent && (n == 1 || PQpipelineSync(pg->conn));
}

enum pg_outcome pg_run(struct pg *pg, const struct pg_statement list[], size_t n, PGresult *res[])
{
    for (size_t i = 0; i < n; i++)
        res[i] = NULL;
    for (size_t i = 0; i < n; i++) {
        enum pg_outcome outcome = prepare(pg, &list[i], &res[i]);

        if (outcome != PG_ANSWERED || res[i])
            return outcome;
    }
    return finish(pg, send_all(pg, list, n), pg->answer_ms, res, n);
}

bool pg_alive(struct pg *pg)
{
    struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};

    if (poll(&fd, 1, 0) > 0)
        pg_close(pg);
    return pg->conn != NULL;
}

enum pg_outcome pg_run_script(struct pg *pg, const char *sql, int timeout_ms, PGresult **res)
{
    return finish(pg, PQsendQuery(pg->conn, sql), timeout_ms, res, 1);
}
