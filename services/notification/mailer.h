/* mailer.h - how a mail leaves the house. Another way (SMTP, a provider's API) is one
 * more function and one more row of the table in mailer.c. */
#ifndef NOTIFICATION_MAILER_H
#define NOTIFICATION_MAILER_H

#include "ctx.h"
#include "err.h"

struct mail {
    const char *id; /* the same at every attempt: fit for a Message-ID */
    const char *to, *name;
    const char *subject, *body;
};

/* ERR_UNAVAILABLE: try again later; any other error: this mail can never be sent. Runs
 * in no transaction and must return within MAILER_TIMEOUT_MS. */
typedef struct err mailer_send(struct ctx *ctx, const struct mail *m);

enum { MAILER_TIMEOUT_MS = 10000 };

struct mailer {
    const char *name;
    mailer_send *send;
};

/* NULL: there is none by this name. */
const struct mailer *mailer_find(const char *name);

/* The names, for a message: "log". */
const char *mailer_names(struct arena *a);

#endif
