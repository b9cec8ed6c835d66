/* dead.c - dead list, show, redrive, drop. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "change.h"
#include "command.h"
#include "letters.h"

/* --- list --------------------------------------------------------------------------- */

static enum fate add_row(const struct letter *l, void *arg)
{
    struct call *c = ((void **)arg)[0];

    TABLE_ROW(((void **)arg)[1], l->box, l->id, l->type, arena_printf(c->arena, "%d", l->attempts),
              l->order_id, l->error);
    return LETTER_STAYS;
}

struct err dead_list(struct call *c)
{
    struct table *counts = report_table(c->report, "boxes", "box #letters");
    struct table *letters =
        report_table(c->report, "letters", "box id type #attempts order reason");
    void *arg[] = {c, letters};
    size_t only = BOXES, none;
    struct err err = c->opt->args[0] ? letters_box(c, c->opt->args[0], &only) : OK;

    for (size_t box = 0; !err.code && box < BOXES; box++) {
        int64_t n;

        if (only != BOXES && only != box)
            continue;
        err = letters_count(c, box, &n);
        if (err.code)
            break;
        TABLE_ROW(counts, letters_box_name(box), arena_printf(c->arena, "%" PRId64, n));
        err = letters_walk(c, box, (size_t)c->opt->limit, add_row, arg, &none);
    }
    return err;
}

/* --- one, or all --------------------------------------------------------------------- */

struct choice {
    struct call *c;
    size_t box;
    const char *id; /* NULL: all */
    enum fate fate; /* of those that are chosen */
    size_t seen, chosen;
    struct table *show;
};

static enum fate choose(const struct letter *l, void *arg)
{
    struct choice *ch = arg;

    ch->seen++;
    if (ch->id && strcmp(ch->id, l->id) != 0)
        return LETTER_STAYS;
    ch->chosen++;
    if (ch->show)
        TABLE_ROW(ch->show, l->box, l->id, l->type, arena_printf(ch->c->arena, "%d", l->attempts),
                  l->order_id, l->error, arena_strndup(ch->c->arena, l->body, l->body_len));
    return ch->fate;
}

static struct err walk(struct choice *ch, size_t max, size_t *done)
{
    ch->seen = ch->chosen = 0;
    return letters_walk(ch->c, ch->box, max, choose, ch, done);
}

/* Look first, changing nothing. */
static struct err find(struct choice *ch)
{
    struct call *c = ch->c;
    size_t none;
    struct err err = letters_box(c, c->opt->args[0], &ch->box);

    if (!err.code)
        err = walk(ch, LETTERS_MAX, &none);
    if (err.code || ch->chosen)
        return err;
    return err_new(c->arena, ERR_NOT_FOUND, "%s: there is no %s%s", letters_box_name(ch->box),
                   ch->id ? "letter " : "letter", ch->id ? ch->id : "");
}

struct err dead_show(struct call *c)
{
    struct choice ch = {
        .c = c,
        .id = c->opt->args[1],
        .show = report_record(c->report, "letter", "box id type #attempts order reason body"),
    };

    return find(&ch);
}

static struct err change(struct call *c, const char *name, const char *doing, const char *did,
                         enum fate fate)
{
    struct choice ch = {.c = c, .id = c->opt->args[1]};
    struct change record = {.command = name};
    const char *more = "";
    size_t done = 0;
    struct err err;

    if (!ch.id == !c->opt->all)
        return (struct err){ERR_INVALID, "say which letter, or --all"};
    err = find(&ch);
    if (err.code)
        return err;
    record.target =
        arena_printf(c->arena, "%s %s", letters_box_name(ch.box), ch.id ? ch.id : "all");
    record.question =
        arena_printf(c->arena, "%s %zu of %s", doing, ch.chosen, letters_box_name(ch.box));
    if (ch.seen == LETTERS_MAX)
        more = ", and there may be more: repeat the command";
    err = change_begin(c, &record);
    if (err.code)
        return err;
    ch.fate = fate;
    err = walk(&ch, ch.seen, &done); /* no more than before: one may come back at once */
    return change_end(c, &record, err, arena_printf(c->arena, "%zu %s%s", done, did, more));
}

struct err dead_redrive(struct call *c)
{
    return change(c, "dead redrive", "Put back where they belong:", "put back", LETTER_GOES_HOME);
}

struct err dead_drop(struct call *c)
{
    return change(c, "dead drop", "Forget for ever:", "dropped", LETTER_GOES);
}
