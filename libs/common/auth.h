/* auth.h - access tokens: JWTs (RFC 7519) signed with ES256 by the user service and
 * verified by everybody with its public key. Built on libjwt.
 *
 * Claims: iss and aud "waybill", sub the user's id, role, iat, exp, jti; the header's
 * kid is the key's thumbprint (RFC 7638). Keys are EC keys on P-256 in PEM. */
#ifndef COMMON_AUTH_H
#define COMMON_AUTH_H

#include <stdint.h>

#include "err.h"

enum role { ROLE_NONE, ROLE_CUSTOMER, ROLE_ADMIN };

struct principal {
    const char *user_id; /* "" for nobody */
    enum role role;
};

struct auth;

/* 'public_pem': the key to verify with, copied. ERR_INVALID when it is none. */
struct err auth_open(struct arena *a, const char *public_pem, struct auth **out) MUST_CHECK;
void auth_close(struct auth *auth); /* NULL is fine */

/* ERR_UNAUTHENTICATED for anything but a token of at most 4 KiB with our signature,
 * algorithm (never the token's own choice), issuer and audience that names a user and a
 * role and is valid now, give or take 5 s. The message says why and is fit for the
 * caller. May be called by any thread; a token seen before costs next to nothing. */
struct err auth_verify(const struct auth *auth, struct arena *a, const char *token,
                       struct principal *out) MUST_CHECK;

/* The user service only: a token for 'p' that lives 'ttl_s' seconds. ERR_INVALID when
 * the key is none. */
struct err auth_sign(struct arena *a, const char *private_pem, const struct principal *p,
                     int64_t ttl_s, const char **token) MUST_CHECK;

/* The public key as a JWK set (RFC 7517). */
struct err auth_jwks(struct arena *a, const char *public_pem, const char **json) MUST_CHECK;

const char *role_name(enum role r);     /* "customer" */
enum role role_parse(const char *name); /* ROLE_NONE when unknown */

#endif
