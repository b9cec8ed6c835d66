/* forge.c - forged tokens, made with libjwt and the stack's own key pair. */
#include "forge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jwt.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

const char *forge_name(size_t f)
{
    static const char *const names[FORGED] = {
        "that is garbage",     "with alg none",     "with a changed signature",
        "with changed claims", "of a foreign key",  "signed by HMAC with the public key",
        "that has expired",    "of another issuer", "of a foreign key for an admin",
    };

    return names[f];
}

static char *read_file(const char *path)
{
    char *s = calloc(1, 8192);
    FILE *f = fopen(path, "r");

    if (!s || !f || fread(s, 1, 8191, f) == 0)
        fail_msg("cannot read %s", path);
    fclose(f);
    return s;
}

static char *foreign_key(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    char *pem = calloc(1, 4096);

    assert_non_null(key);
    assert_true(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL));
    assert_true(BIO_read(bio, pem, 4095) > 0);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return pem;
}

struct claims {
    const char *issuer, *role;
    long expires_in;
};

static const char *token(const char *user_id, struct claims c, jwt_alg_t alg, const char *key)
{
    const time_t now = time(NULL);
    jwt_t *jwt;
    const char *kept;
    char *encoded;

    assert_int_equal(jwt_new(&jwt), 0);
    jwt_add_grant(jwt, "iss", c.issuer);
    jwt_add_grant(jwt, "aud", "waybill");
    jwt_add_grant(jwt, "sub", user_id);
    jwt_add_grant(jwt, "role", c.role);
    jwt_add_grant(jwt, "jti", "forged");
    jwt_add_grant_int(jwt, "iat", now - 3600);
    jwt_add_grant_int(jwt, "nbf", now - 3600);
    jwt_add_grant_int(jwt, "exp", now + c.expires_in);
    assert_int_equal(jwt_set_alg(jwt, alg, (const unsigned char *)key, key ? (int)strlen(key) : 0),
                     0);
    encoded = jwt_encode_str(jwt);
    assert_non_null(encoded);
    kept = text("%s", encoded);
    free(encoded);
    jwt_free(jwt);
    return kept;
}

/* A good token with one character of its part 'part' (0 header, 1 claims, 2 signature) changed. */
static const char *changed(const char *good, int part)
{
    char *copy = text("%s", good), *p = copy;

    while (part--)
        p = strchr(p, '.') + 1;
    p[5] = p[5] == 'A' ? 'B' : 'A';
    return copy;
}

void forge_all(const char *user_id, const char *good_token, const char *out[FORGED])
{
    const struct claims good = {"waybill", "customer", 600};
    char *foreign = foreign_key();
    char *private = read_file(world_env("JWT_PRIVATE_KEY_FILE"));
    char *public = read_file(world_env("JWT_PUBLIC_KEY_FILE"));

    out[FORGED_GARBAGE] = "e30.e30.e30";
    out[FORGED_ALG_NONE] = token(user_id, good, JWT_ALG_NONE, NULL);
    out[FORGED_SIGNATURE] = changed(good_token, 2);
    out[FORGED_CLAIMS] = changed(good_token, 1);
    out[FORGED_FOREIGN_KEY] = token(user_id, good, JWT_ALG_ES256, foreign);
    out[FORGED_HMAC] = token(user_id, good, JWT_ALG_HS256, public);
    out[FORGED_EXPIRED] =
        token(user_id, (struct claims){"waybill", "customer", -60}, JWT_ALG_ES256, private);
    out[FORGED_ISSUER] =
        token(user_id, (struct claims){"somebody", "customer", 600}, JWT_ALG_ES256, private);
    out[FORGED_ADMIN] =
        token(user_id, (struct claims){"waybill", "admin", 600}, JWT_ALG_ES256, foreign);
    free(foreign);
    free(private);
    free(public);
}
