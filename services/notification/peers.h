/* peers.h - what the notification service asks the user service by REST. */
#ifndef NOTIFICATION_PEERS_H
#define NOTIFICATION_PEERS_H

#include <stddef.h>

#include "ctx.h"
#include "err.h"

/* Where it is. Call once, before threads. */
void peers_init(const char *user_url);

enum { PEERS_MAX_CONTACTS = 50 };

struct contact {
    const char *user_id;
    const char *email, *name; /* email: NULL when what is told of this user makes no sense */
};

/* The contacts of those of these users that there are, by one call: at most
 * PEERS_MAX_CONTACTS ids, none twice. ERR_UNAVAILABLE: no sensible answer now.
 * Needs no transaction and must run in none. */
struct err peers_find_contacts(struct ctx *ctx, const char *const user_ids[], size_t n,
                               struct contact **out, size_t *nfound) MUST_CHECK;

#endif
