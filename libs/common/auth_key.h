/* auth_key.h - what auth.c needs to know of a P-256 key beyond its PEM text. Private
 * to authentication; the only place that uses OpenSSL itself. */
#ifndef COMMON_AUTH_KEY_H
#define COMMON_AUTH_KEY_H

#include <stdbool.h>

#include "err.h"

struct auth_key {
    const char *x, *y; /* the coordinates, base64url (RFC 7518, 6.2.1) */
    const char *kid;   /* the thumbprint of RFC 7638, base64url */
};

/* ERR_INVALID when 'pem' is no such key on the curve P-256. */
struct err auth_key_read(struct arena *a, const char *pem, bool is_private,
                         struct auth_key *out) MUST_CHECK;

#endif
