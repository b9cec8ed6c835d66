/* auth.c - access tokens: sign, verify, and remember what was verified. */
#include "auth.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jwt.h>
#include <sodium.h>

#include "arena.h"
#include "auth_key.h"
#include "clock.h"
#include "id.h"

#define ISSUER   "waybill"
#define AUDIENCE "waybill"

enum {
    MAX_TOKEN = 4096,
    LEEWAY_S = 5,     /* between the clocks of two machines */
    CACHE_SETS = 256, /* one for each value of a digest's first byte */
    CACHE_WAYS = 4,   /* tokens in a set: a thousand customers at once mostly keep theirs */
    DIGEST = crypto_generichash_BYTES,
};

struct claims {
    char user_id[ID_LEN + 1];
    enum role role;
    int64_t expires_s, not_before_s;
};

/* Checking an ECDSA signature takes about 100 µs and a client shows the same token
 * again and again. A set is found by the token's digest and holds the last few tokens
 * verified that belong there, the latest first; only good tokens get in, so strangers cannot
 * flush it. */
struct slot {
    unsigned char digest[DIGEST];
    struct claims claims; /* expires_s 0: empty */
};

struct cache {
    pthread_mutex_t lock;
    struct slot sets[CACHE_SETS][CACHE_WAYS];
};

struct auth {
    char *public_pem;
    struct cache *cache; /* apart, so that verifying takes a const struct auth */
};

static const char *const role_names[] = {
    [ROLE_NONE] = "none", [ROLE_CUSTOMER] = "customer", [ROLE_ADMIN] = "admin"};

const char *role_name(enum role r)
{
    return role_names[r];
}

enum role role_parse(const char *name)
{
    for (enum role r = ROLE_CUSTOMER; r <= ROLE_ADMIN; r++)
        if (strcmp(name, role_names[r]) == 0)
            return r;
    return ROLE_NONE;
}

struct err auth_open(struct arena *a, const char *public_pem, struct auth **out)
{
    struct auth_key key;
    struct auth *auth;
    struct err err;

    err = auth_key_read(a, public_pem, false, &key);
    if (err.code)
        return err;
    auth = calloc(1, sizeof(*auth));
    if (!auth)
        abort();
    auth->public_pem = strdup(public_pem);
    auth->cache = calloc(1, sizeof(*auth->cache));
    if (!auth->public_pem || !auth->cache)
        abort();
    pthread_mutex_init(&auth->cache->lock, NULL);
    *out = auth;
    return OK;
}

void auth_close(struct auth *auth)
{
    if (!auth)
        return;
    pthread_mutex_destroy(&auth->cache->lock);
    free(auth->cache);
    free(auth->public_pem);
    free(auth);
}

/* --- the cache ------------------------------------------------------------ */

static bool cache_find(struct cache *c, const unsigned char *digest, struct claims *out)
{
    const struct slot *set = c->sets[digest[0]];
    bool found = false;

    pthread_mutex_lock(&c->lock);
    for (int way = 0; way < CACHE_WAYS && !found; way++) {
        found = set[way].claims.expires_s > 0 &&
                memcmp(set[way].digest, digest, sizeof(set[way].digest)) == 0;
        if (found)
            *out = set[way].claims;
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

/* In front; the oldest falls off the end. */
static void cache_put(struct cache *c, const unsigned char *digest, const struct claims *claims)
{
    struct slot *set = c->sets[digest[0]];

    pthread_mutex_lock(&c->lock);
    memmove(&set[1], &set[0], (CACHE_WAYS - 1) * sizeof(set[0]));
    memcpy(set[0].digest, digest, sizeof(set[0].digest));
    set[0].claims = *claims;
    pthread_mutex_unlock(&c->lock);
}

/* --- verifying ------------------------------------------------------------ */

static struct err refuse(const char *why)
{
    return (struct err){.code = ERR_UNAUTHENTICATED, .msg = why};
}

/* Nothing but three parts of base64url reaches the parser. */
static bool looks_like_a_token(const char *s)
{
    size_t len = strnlen(s, MAX_TOKEN + 1);
    int dots = 0;

    if (len == 0 || len > MAX_TOKEN)
        return false;
    if (strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") != len)
        return false;
    for (; *s; s++)
        dots += *s == '.';
    return dots == 2;
}

static bool grant_is(jwt_t *jwt, const char *name, const char *want)
{
    const char *value = jwt_get_grant(jwt, name);

    return value && strcmp(value, want) == 0;
}

static struct err claims_read(jwt_t *jwt, struct claims *out)
{
    const char *subject = jwt_get_grant(jwt, "sub");
    const char *role = jwt_get_grant(jwt, "role");

    if (!grant_is(jwt, "iss", ISSUER))
        return refuse("the token is not from here");
    if (!grant_is(jwt, "aud", AUDIENCE))
        return refuse("the token is not for here");
    if (!subject || !id_valid(subject))
        return refuse("the token names no user");
    memcpy(out->user_id, subject, sizeof(out->user_id));
    out->role = role ? role_parse(role) : ROLE_NONE;
    if (out->role == ROLE_NONE)
        return refuse("the token names no role");
    out->expires_s = jwt_get_grant_int(jwt, "exp"); /* absent: 0, long over */
    out->not_before_s = jwt_get_grant_int(jwt, "nbf");
    return OK;
}

static struct err signature_check(const struct auth *auth, const char *token, struct claims *out)
{
    jwt_t *jwt = NULL;
    struct err err;

    if (!looks_like_a_token(token))
        return refuse("this is no token");
    if (jwt_decode(&jwt, token, (const unsigned char *)auth->public_pem,
                   (int)strlen(auth->public_pem)) != 0)
        return refuse("the token is malformed or its signature is wrong");
    /* jwt_decode() lets the token choose: one made by HMAC with our public key as
     * its secret passes there. */
    if (jwt_get_alg(jwt) == JWT_ALG_ES256)
        err = claims_read(jwt, out);
    else
        err = refuse("the token's algorithm is not ES256");
    jwt_free(jwt);
    return err;
}

/* When it was issued is no reason to refuse it: the issuer's clock may be ahead of ours. */
static struct err time_check(const struct claims *c)
{
    int64_t now_s = clock_now_ms() / 1000;

    if (now_s - LEEWAY_S >= c->expires_s)
        return refuse("the token has expired");
    if (now_s + LEEWAY_S < c->not_before_s)
        return refuse("the token is not valid yet");
    return OK;
}

struct err auth_verify(const struct auth *auth, struct arena *a, const char *token,
                       struct principal *out)
{
    unsigned char digest[DIGEST];
    struct claims claims = {.role = ROLE_NONE};
    struct err err;
    bool known;

    crypto_generichash(digest, sizeof(digest), (const unsigned char *)token,
                       strnlen(token, MAX_TOKEN + 1), NULL, 0);
    known = cache_find(auth->cache, digest, &claims);
    if (!known) {
        err = signature_check(auth, token, &claims);
        if (err.code)
            return err;
    }
    err = time_check(&claims);
    if (err.code)
        return err;
    if (!known)
        cache_put(auth->cache, digest, &claims);
    *out = (struct principal){.user_id = arena_strdup(a, claims.user_id), .role = claims.role};
    return OK;
}

/* --- signing -------------------------------------------------------------- */

static bool claims_write(jwt_t *jwt, struct arena *a, const struct principal *p, int64_t ttl_s)
{
    int64_t now_s = clock_now_ms() / 1000;

    return jwt_add_grant(jwt, "iss", ISSUER) == 0 && jwt_add_grant(jwt, "aud", AUDIENCE) == 0 &&
           jwt_add_grant(jwt, "sub", p->user_id) == 0 &&
           jwt_add_grant(jwt, "role", role_name(p->role)) == 0 &&
           jwt_add_grant(jwt, "jti", id_new(a)) == 0 &&
           jwt_add_grant_int(jwt, "iat", (long)now_s) == 0 &&
           jwt_add_grant_int(jwt, "exp", (long)(now_s + ttl_s)) == 0;
}

struct err auth_sign(struct arena *a, const char *private_pem, const struct principal *p,
                     int64_t ttl_s, const char **token)
{
    char *text = NULL;
    jwt_t *jwt = NULL;
    struct auth_key key;
    struct err err;

    err = auth_key_read(a, private_pem, true, &key);
    if (err.code)
        return err;
    if (jwt_new(&jwt) != 0)
        abort();
    if (jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)private_pem,
                    (int)strlen(private_pem)) == 0 &&
        jwt_add_header(jwt, "kid", key.kid) == 0 && claims_write(jwt, a, p, ttl_s))
        text = jwt_encode_str(jwt);
    jwt_free(jwt);
    if (!text)
        return err_new(a, ERR_INTERNAL, "cannot sign a token");
    *token = arena_strdup(a, text);
    free(text);
    return OK;
}
