/* auth_key.c - the coordinates of an EC key, and its JWK forms. */
#include "auth_key.h"

#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sodium.h>

#include "arena.h"
#include "auth.h"
#include "json_out.h"

enum { COORDINATE_BYTES = 32 };

static const char *base64url(struct arena *a, const unsigned char *bytes, size_t len)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t size = sodium_base64_encoded_len(len, variant);

    return sodium_bin2base64(arena_alloc(a, size), size, bytes, len, variant);
}

static EVP_PKEY *pkey_parse(const char *pem, bool is_private)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = NULL;

    if (!bio)
        return NULL;
    /* The empty pass phrase keeps OpenSSL from asking the terminal for one. */
    if (is_private)
        key = PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(uintptr_t) "");
    else
        key = PEM_read_bio_PUBKEY(bio, NULL, NULL, (void *)(uintptr_t) "");
    BIO_free(bio);
    return key;
}

static bool is_p256(const EVP_PKEY *key)
{
    char group[32] = "";

    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group),
                                          NULL) &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

static const char *coordinate(struct arena *a, const EVP_PKEY *key, const char *name)
{
    unsigned char bytes[COORDINATE_BYTES];
    BIGNUM *n = NULL;
    bool fits;

    if (!EVP_PKEY_get_bn_param(key, name, &n))
        return NULL;
    fits = BN_bn2binpad(n, bytes, sizeof(bytes)) == COORDINATE_BYTES;
    BN_free(n);
    return fits ? base64url(a, bytes, sizeof(bytes)) : NULL;
}

/* RFC 7638: the SHA-256 of the required members in this order, without blanks. */
static const char *thumbprint(struct arena *a, const struct auth_key *k)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    const char *jwk =
        arena_printf(a, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", k->x, k->y);

    crypto_hash_sha256(hash, (const unsigned char *)jwk, strlen(jwk));
    return base64url(a, hash, sizeof(hash));
}

struct err auth_key_read(struct arena *a, const char *pem, bool is_private, struct auth_key *out)
{
    const char *what = is_private ? "private" : "public";
    EVP_PKEY *key = pkey_parse(pem, is_private);

    *out = (struct auth_key){.kid = NULL};
    if (key && is_p256(key)) {
        out->x = coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_X);
        out->y = coordinate(a, key, OSSL_PKEY_PARAM_EC_PUB_Y);
    }
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!out->x || !out->y)
        return err_new(a, ERR_INVALID, "not a %s key on the curve P-256 in PEM", what);
    out->kid = thumbprint(a, out);
    return OK;
}

struct err auth_jwks(struct arena *a, const char *public_pem, const char **json)
{
    struct json_out j = json_out_new(a);
    struct auth_key key;
    struct err err;

    err = auth_key_read(a, public_pem, false, &key);
    if (err.code)
        return err;
    json_out_open(&j, NULL, '{');
    json_out_open(&j, "keys", '[');
    json_out_open(&j, NULL, '{');
    json_out_str(&j, "kty", "EC");
    json_out_str(&j, "crv", "P-256");
    json_out_str(&j, "x", key.x);
    json_out_str(&j, "y", key.y);
    json_out_str(&j, "alg", "ES256");
    json_out_str(&j, "use", "sig");
    json_out_str(&j, "kid", key.kid);
    json_out_close(&j, '}');
    json_out_close(&j, ']');
    json_out_close(&j, '}');
    *json = json_out_text(&j);
    return OK;
}
