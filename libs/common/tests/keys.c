/* keys.c - fresh EC key pairs for tests. */
#include "keys.h"

#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "arena.h"

enum { MAX_POINT = 1 + 2 * 66 };

static const char *text_of(struct arena *a, BIO *bio)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    const char *copy = arena_strndup(a, text, (size_t)len);

    BIO_free(bio);
    return copy;
}

struct key_pair key_pair_new(struct arena *a, const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);
    BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
    unsigned char *point = arena_alloc(a, MAX_POINT);
    struct key_pair pair = {.point = point};
    size_t len = 0;

    if (!key || !PEM_write_bio_PrivateKey(private, key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_PUBKEY(public, key) ||
        !EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, MAX_POINT, &len))
        abort();
    EVP_PKEY_free(key);
    pair.private_pem = text_of(a, private);
    pair.public_pem = text_of(a, public);
    return pair;
}
