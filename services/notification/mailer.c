/* mailer.c - the mailers. */
#include "mailer.h"

#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "log.h"

/* One line of the log, for development and tests. */
static struct err send_log(struct ctx *ctx, const struct mail *m)
{
    (void)ctx;
    log_info("mail id=%s to=%s name=\"%s\" subject=\"%s\" body=\"%s\"", m->id, m->to, m->name,
             m->subject, m->body);
    return OK;
}

static const struct mailer mailers[] = {
    {"log", send_log},
};

enum { MAILERS = sizeof(mailers) / sizeof(mailers[0]) };

const struct mailer *mailer_find(const char *name)
{
    for (size_t i = 0; i < MAILERS; i++)
        if (strcmp(mailers[i].name, name) == 0)
            return &mailers[i];
    return NULL;
}

const char *mailer_names(struct arena *a)
{
    const char *names = mailers[0].name;

    for (size_t i = 1; i < MAILERS; i++)
        names = arena_printf(a, "%s, %s", names, mailers[i].name);
    return names;
}
