/* forge.h - access tokens that nobody may accept. */
#ifndef E2E_FORGE_H
#define E2E_FORGE_H

#include <stddef.h>

enum forged {
    FORGED_GARBAGE,     /* no JWT at all */
    FORGED_ALG_NONE,    /* "alg":"none" and no signature */
    FORGED_SIGNATURE,   /* a good token with its signature changed */
    FORGED_CLAIMS,      /* a good token whose claims say admin */
    FORGED_FOREIGN_KEY, /* right in all but the key that signed it */
    FORGED_HMAC,        /* HS256 with our public key as the secret */
    FORGED_EXPIRED,     /* signed by our key, out of date */
    FORGED_ISSUER,      /* signed by our key for somebody else's system */
    FORGED_ADMIN,       /* a foreign key again, with the role admin */
    FORGED,
};

void forge_all(const char *user_id, const char *good_token, const char *out[FORGED]);
const char *forge_name(size_t f);

#endif
