/* usecases.h - everything that the notification service can be asked to do. */
#ifndef NOTIFICATION_USECASES_H
#define NOTIFICATION_USECASES_H

#include <stdbool.h>

#include "ctx.h"
#include "err.h"
#include "mailer.h"
#include "notification.h"

/* Who sends the mails. Call once, before threads. */
void notification_set_mailer(const struct mailer *m);

/* Note what 'user_id' is to be told about an event; harmless when it was noted before.
 * Wakes the workers after the commit. ERR_INVALID: there is no text for this kind. */
struct err notification_note(struct ctx *ctx, const char *event_id, const char *user_id,
                             const struct notification_facts *facts) MUST_CHECK;

/* Delivery, in three steps. The first and the last are units of work; in between no
 * transaction is open, for it calls others. A process that dies there leaves the
 * notification to another worker when the lease ends, so a mail may go out twice.
 *
 * Take the next one that is due; *found is false when there is none. */
struct err notification_take(struct ctx *ctx, struct notification *n, bool *found) MUST_CHECK;

/* Look the address up and hand the mail over. ERR_UNAVAILABLE: not now. */
struct err notification_send(struct ctx *ctx, const struct notification *n) MUST_CHECK;

/* Note how it went: sent, to be tried again later, or failed for good. */
struct err notification_settle(struct ctx *ctx, struct notification *n,
                               struct err outcome) MUST_CHECK;

#endif
