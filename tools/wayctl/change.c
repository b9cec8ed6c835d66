/* change.c - ask before, record around. */
#include "change.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "command.h"
#include "db.h"

static struct err ask(const struct change *ch)
{
    char answer[8] = "";

    if (!isatty(STDIN_FILENO))
        return (struct err){ERR_FORBIDDEN, "nobody can be asked here: say --yes"};
    fprintf(stderr, "%s? [y/N] ", ch->question);
    if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
        return (struct err){ERR_FORBIDDEN, "nothing was changed"};
    return OK;
}

/* By name where there is one; sudo hides whoever is behind root. */
static const char *operator_name(struct arena *a)
{
    static const char *const variables[] = {"SUDO_USER", "USER", "LOGNAME"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *name = getenv(variables[i]);

        if (name && *name)
            return name;
    }
    return arena_printf(a, "uid %u", (unsigned)getuid());
}

struct err change_begin(struct call *c, struct change *ch)
{
    char host[256] = "";
    struct db_rows rows;
    struct err err = c->opt->yes ? OK : ask(ch);

    if (err.code)
        return err;
    gethostname(host, sizeof(host) - 1);
    err = db_exec(world_db(c, ORDER), &rows,
                  "INSERT INTO operator_log (who, host, command, target)"
                  " VALUES ($1, $2, $3, $4) RETURNING id",
                  operator_name(c->arena), host, ch->command, ch->target);
    if (err.code)
        return err_new(c->arena, err.code, "nothing was changed: it cannot be recorded: %s",
                       err.msg);
    ch->id = db_str(&rows, 0, 0);
    return OK;
}

struct err change_end(struct call *c, const struct change *ch, struct err err, const char *outcome)
{
    const char *text = err.code ? arena_printf(c->arena, "failed: %s", err.msg) : outcome;
    struct db_rows rows;
    struct err noted = db_exec(world_db(c, ORDER), &rows,
                               "UPDATE operator_log SET outcome = $2 WHERE id = $1", ch->id, text);
    struct table *t;

    if (err.code || noted.code)
        return err.code ? err : world_error(c, ORDER, noted);
    t = report_record(c->report, "change", "command target outcome");
    TABLE_ROW(t, ch->command, ch->target, outcome);
    return OK;
}

struct err log_list(struct call *c)
{
    struct table *t =
        report_table(c->report, "operator_log", "time who host command target outcome");
    struct db_rows rows;
    struct err err =
        db_exec(world_db(c, ORDER), &rows,
                "SELECT " DB_RFC3339("at") ", who, host, command, target, outcome"
                                           " FROM operator_log ORDER BY id DESC LIMIT $1",
                db_param_int(world_db(c, ORDER), c->opt->limit));

    if (!err.code)
        table_add(t, &rows);
    return world_error(c, ORDER, err);
}
