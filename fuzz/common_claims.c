/* common_claims.c - the claims of a token whose signature is right: what a user service
 * gone wrong may sign. Whoever is let in is a user with a role, now. */
#include <string.h>

#include <jwt.h>

#include "arena.h"
#include "auth.h"
#include "clock.h"
#include "fuzz.h"
#include "id.h"
#include "json_in.h"
#include "keys.h"

static const char *claims; /* of the token that is verified */

/* In place of libjwt's: the signature is taken as good. */
int jwt_decode(jwt_t **jwt, const char *token, const unsigned char *key, int key_len)
{
    (void)token;
    must(jwt_new(jwt) == 0);
    if (jwt_add_grants_json(*jwt, claims) == 0 &&
        jwt_set_alg(*jwt, JWT_ALG_ES256, key, key_len) == 0)
        return 0;
    jwt_free(*jwt);
    return -1;
}

static const struct auth *verifier(void)
{
    static struct auth *auth;
    struct arena *a;

    if (!auth) {
        a = arena_new();
        must(auth_open(a, key_pair_new(a, "P-256").public_pem, &auth).code == ERR_OK);
        arena_free(a);
    }
    return auth;
}

/* As our own reader sees it, which does not take all that libjwt takes. */
static void must_be_what_they_say(struct arena *a, const struct principal *who)
{
    const struct json_in in = json_in_parse(a, claims, strlen(claims));
    const char *issuer = json_in_str(&in, "iss", 0, SIZE_MAX);
    const char *audience = json_in_str(&in, "aud", 0, SIZE_MAX);
    const char *subject = json_in_str(&in, "sub", 0, SIZE_MAX);
    const char *role = json_in_str(&in, "role", 0, SIZE_MAX);
    const int64_t expires_s = json_in_int(&in, "exp", INT64_MIN, INT64_MAX);

    if (json_in_done(&in).code)
        return;
    must(strcmp(issuer, "waybill") == 0 && strcmp(audience, "waybill") == 0);
    must(strcmp(subject, who->user_id) == 0 && role_parse(role) == who->role);
    must(expires_s > clock_now_ms() / 1000 - 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static unsigned long count; /* no token is met again, so none is remembered */
    struct arena *a = arena_new();
    const char *token = arena_printf(a, "a.%lu.c", count++);
    struct principal who;
    struct err err;

    claims = fuzz_text(a, data, len);
    err = auth_verify(verifier(), a, token, &who);
    if (err.code) {
        must(err.code == ERR_UNAUTHENTICATED);
        fuzz_must_explain(a, err);
    } else {
        must(id_valid(who.user_id));
        must(who.role == ROLE_CUSTOMER || who.role == ROLE_ADMIN);
        must_be_what_they_say(a, &who);
    }
    arena_free(a);
    return 0;
}
