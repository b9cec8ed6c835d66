/* common_token.c - access tokens, made by somebody without our key. On three lines: the
 * header and the claims as JSON, and the signature; an empty line stands for that part of
 * a good token, and the signature "hmac" for the one that has our public key as its secret.
 * Only what we have signed is ever accepted. */
#include <sodium.h>
#include <string.h>

#include "arena.h"
#include "auth.h"
#include "fuzz.h"
#include "keys.h"

enum { TTL_S = 7 * 86400, BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING };

static const struct principal ada = {"0193b9a0-0000-7000-8000-00000000000a", ROLE_CUSTOMER};
static struct auth *auth;
static const char *good, *public_pem;

static void prepare(void)
{
    static struct arena *forever;
    struct key_pair keys;

    if (forever)
        return;
    forever = arena_new();
    keys = key_pair_new(forever, "P-256");
    public_pem = keys.public_pem;
    must(auth_open(forever, public_pem, &auth).code == ERR_OK);
    must(auth_sign(forever, keys.private_pem, &ada, TTL_S, &good).code == ERR_OK);
}

static const char *base64(struct arena *a, const void *bytes, size_t len)
{
    const size_t size = sodium_base64_ENCODED_LEN(len, BASE64);

    return sodium_bin2base64(arena_alloc(a, size), size, bytes, len, BASE64);
}

static const char *hmac(struct arena *a, const char *text)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)public_pem, strlen(public_pem));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, strlen(text));
    crypto_auth_hmacsha256_final(&state, mac);
    return base64(a, mac, sizeof(mac));
}

static const char *forge(struct arena *a, const char *lines)
{
    char *rest = arena_strdup(a, lines), *parts = arena_strdup(a, good);
    const char *signed_text = "", *signature;

    for (int i = 0; i < 2; i++) {
        const char *line = strsep(&rest, "\n"), *part = strsep(&parts, ".");

        if (line && *line)
            part = base64(a, line, strlen(line));
        signed_text = arena_printf(a, "%s%s%s", signed_text, i ? "." : "", part);
    }
    signature = rest && *rest ? rest : parts;
    if (strcmp(signature, "hmac") == 0)
        signature = hmac(a, signed_text);
    return arena_printf(a, "%s.%s", signed_text, signature);
}

/* The last digit of the signature has bits that do not count. */
static bool is_ours(const char *token)
{
    return strncmp(token, good, strlen(good) - 1) == 0;
}

static void verify(struct arena *a, const char *token)
{
    struct principal who = {.role = ROLE_NONE};
    struct err err = auth_verify(auth, a, token, &who);

    if (err.code) {
        must(err.code == ERR_UNAUTHENTICATED && who.role == ROLE_NONE);
        fuzz_must_explain(a, err);
    } else {
        must(is_ours(token));
        must(who.role == ada.role && strcmp(who.user_id, ada.user_id) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    const char *text = fuzz_text(a, data, len);

    prepare();
    verify(a, text);
    verify(a, forge(a, text));
    arena_free(a);
    return 0;
}
