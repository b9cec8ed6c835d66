/* usecases.h - everything that the notification service can be asked to do. */
#ifndef NOTIFICATION_USECASES_H
#define NOTIFICATION_USECASES_H

#include <stddef.h>
#include <stdint.h>

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

/* Notifications that a worker has in hand, and how far it has come with them. */
struct delivery {
    struct notification *list;
    size_t n;
    size_t tried;       /* so many of the first: sent, failed or to be put off */
    int64_t stop_at_ms; /* by clock_mono_ms(): then no other mail is begun */
};

/* Delivery, in three steps. The first and the last are units of work; in between no
 * transaction is open, for it calls others. A process that dies there leaves all of them
 * to other workers when the lease ends, so mails may go out twice.
 *
 * Take what has been due for longest, at most NOTIFICATION_BATCH; d->n is 0 when there
 * is nothing. */
enum { NOTIFICATION_BATCH = 50 };
struct err notification_take(struct ctx *ctx, struct delivery *d) MUST_CHECK;

/* Look the addresses up by one call and hand over mail by mail, until all are done or the
 * time is up. Each gets its state and reason; what fails is logged. ctx->trace is
 * that of each in turn, and then what it was. */
void notification_send(struct ctx *ctx, struct delivery *d);

/* Note how it went: sent, to be tried again later, or failed for good; what was not tried
 * is given back. No delivery may be settled twice, but for those that were tried. */
struct err notification_settle(struct ctx *ctx, const struct delivery *d) MUST_CHECK;

#endif
