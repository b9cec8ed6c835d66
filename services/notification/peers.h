/* peers.h - what the notification service asks the user service by REST. */
#ifndef NOTIFICATION_PEERS_H
#define NOTIFICATION_PEERS_H

#include "ctx.h"
#include "err.h"

/* Where it is. Call once, before threads. */
void peers_init(const char *user_url);

struct contact {
    const char *email, *name;
};

/* ERR_NOT_FOUND: there is no such user; ERR_UNAVAILABLE: no sensible answer now.
 * Needs no transaction and must run in none. */
struct err peers_find_contact(struct ctx *ctx, const char *user_id, struct contact *out) MUST_CHECK;

#endif
