/* test_auth.c - which tokens let somebody in, and above all which do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <jwt.h>
#include <sodium.h>

#include "arena.h"
#include "auth.h"
#include "clock.h"
#include "json_in.h"
#include "keys.h"

#define ALICE "018f3c1e-7a10-7abc-8def-0123456789ab"

static struct arena *arena;
static struct key_pair keys, foreign;
static struct auth *auth;

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    keys = key_pair_new(arena, "P-256");
    foreign = key_pair_new(arena, "P-256");
    return auth_open(arena, keys.public_pem, &auth).code ? -1 : 0;
}

static int end(void **state)
{
    (void)state;
    clock_freeze(0);
    auth_close(auth);
    arena_free(arena);
    return 0;
}

static const char *signed_token(int64_t ttl_s)
{
    const struct principal alice = {ALICE, ROLE_CUSTOMER};
    const char *token = NULL;

    assert_int_equal(auth_sign(arena, keys.private_pem, &alice, ttl_s, &token).code, OK.code);
    return token;
}

/* A token of any kind, as an attacker or a mistaken colleague would make it. */
static const char *forge(jwt_alg_t alg, const char *key, const char *claims)
{
    jwt_t *jwt = NULL;
    char *text;
    const char *token;

    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, claims), 0);
    assert_int_equal(jwt_set_alg(jwt, alg, (const unsigned char *)key, key ? (int)strlen(key) : 0),
                     0);
    text = jwt_encode_str(jwt);
    assert_non_null(text);
    token = arena_strdup(arena, text);
    free(text);
    jwt_free(jwt);
    return token;
}

static const char *claims_at(int64_t iat, int64_t exp)
{
    return arena_printf(arena,
                        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE
                        "\",\"role\":\"admin\",\"iat\":%lld,\"exp\":%lld}",
                        (long long)iat, (long long)exp);
}

static int64_t now_s(void)
{
    return clock_now_ms() / 1000;
}

static const char *good_claims(void)
{
    return claims_at(now_s(), now_s() + 60);
}

static void assert_refused(const char *token)
{
    struct principal p;

    assert_int_equal(auth_verify(auth, arena, token, &p).code, ERR_UNAUTHENTICATED);
}

static void assert_accepted(const char *token)
{
    struct principal p = {0};

    assert_int_equal(auth_verify(auth, arena, token, &p).code, OK.code);
    assert_string_equal(p.user_id, ALICE);
}

static void a_signed_token_names_its_user_and_role(void **state)
{
    const struct principal admin = {ALICE, ROLE_ADMIN};
    struct principal p = {0};
    const char *token;

    (void)state;
    assert_int_equal(auth_sign(arena, keys.private_pem, &admin, 60, &token).code, OK.code);
    assert_int_equal(auth_verify(auth, arena, token, &p).code, OK.code);
    assert_string_equal(p.user_id, ALICE);
    assert_int_equal(p.role, ROLE_ADMIN);
    assert_accepted(signed_token(60));
}

static void a_token_made_by_hand_passes_when_all_is_right(void **state)
{
    (void)state; /* so that what is refused below is refused for its one fault */
    assert_accepted(forge(JWT_ALG_ES256, keys.private_pem, good_claims()));
}

static void a_changed_token_is_refused(void **state)
{
    const char *token = signed_token(60);
    size_t len = strlen(token);

    (void)state;
    for (size_t i = 0; i + 2 < len; i += 7) { /* the last characters hold unused bits */
        char *changed = arena_strdup(arena, token);

        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_refused(changed);
    }
    assert_refused(arena_strndup(arena, token, len - 10));
    assert_refused(arena_strndup(arena, token, (size_t)(strrchr(token, '.') - token) + 1));
}

static void a_foreign_key_is_refused(void **state)
{
    (void)state;
    assert_refused(forge(JWT_ALG_ES256, foreign.private_pem, good_claims()));
}

static void the_algorithm_none_is_refused(void **state)
{
    (void)state;
    assert_refused(forge(JWT_ALG_NONE, NULL, good_claims()));
}

static void our_public_key_as_the_secret_of_an_hmac_is_refused(void **state)
{
    (void)state;
    assert_refused(forge(JWT_ALG_HS256, keys.public_pem, good_claims()));
    assert_refused(forge(JWT_ALG_HS512, keys.public_pem, good_claims()));
}

static void times_are_checked_with_five_seconds_of_leeway(void **state)
{
    int64_t now = now_s();
    static const struct {
        int iat, exp;
        bool good;
    } cases[] = {
        {0,    1,     true },
        {-60,  -4,    true },
        {-60,  -5,    false},
        {-60,  -3600, false},
        {5,    60,    true },
        {6,    60,    true }, /* its issuer may be ahead of us */
        {3600, 7200,  true },
    };

    (void)state;
    clock_freeze(now * 1000);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *token = forge(JWT_ALG_ES256, keys.private_pem,
                                  claims_at(now + cases[i].iat, now + cases[i].exp));

        if (cases[i].good)
            assert_accepted(token);
        else
            assert_refused(token);
    }
}

static void a_token_before_its_nbf_is_refused(void **state)
{
    const char *claims = arena_printf(arena,
                                      "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE
                                      "\",\"role\":\"customer\",\"nbf\":%lld,\"exp\":%lld}",
                                      (long long)now_s() + 60, (long long)now_s() + 600);

    (void)state;
    assert_refused(forge(JWT_ALG_ES256, keys.private_pem, claims));
}

static void wrong_or_missing_claims_are_refused(void **state)
{
    static const char *const claims[] = {
        "{\"iss\":\"other\",\"aud\":\"waybill\",\"sub\":\"" ALICE "\",\"role\":\"admin\",",
        "{\"aud\":\"waybill\",\"sub\":\"" ALICE "\",\"role\":\"admin\",",
        "{\"iss\":\"waybill\",\"aud\":\"other\",\"sub\":\"" ALICE "\",\"role\":\"admin\",",
        "{\"iss\":\"waybill\",\"sub\":\"" ALICE "\",\"role\":\"admin\",",
        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"role\":\"admin\",",
        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"alice\",\"role\":\"admin\",",
        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":7,\"role\":\"admin\",",
        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE "\",",
        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE "\",\"role\":\"none\",",
        "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE "\",\"role\":[\"admin\"],",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
        assert_refused(
            forge(JWT_ALG_ES256, keys.private_pem,
                  arena_printf(arena, "%s\"exp\":%lld}", claims[i], (long long)now_s() + 60)));
}

static void a_token_without_an_end_is_refused(void **state)
{
    (void)state;
    assert_refused(forge(JWT_ALG_ES256, keys.private_pem,
                         "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE
                         "\",\"role\":\"admin\"}"));
}

static void garbage_is_refused(void **state)
{
    static const char *const garbage[] = {"",
                                          ".",
                                          "..",
                                          "...",
                                          "a.b.c",
                                          "a.b",
                                          "hello",
                                          "eyJ.eyJ.sig",
                                          "\xff\xfe.\x80.\x81",
                                          "e30.e30.e30",
                                          "eyJhbGciOiJFUzI1NiJ9..",
                                          "eyJhbGciOiJFUzI1NiJ9.e30.",
                                          " . . ",
                                          "eyJhbGciOiJub25lIn0.e30.",
                                          "\"\".\"\".\"\"",
                                          "%.%.%"};

    (void)state;
    for (size_t i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++)
        assert_refused(garbage[i]);
}

static void an_oversized_token_is_refused_even_when_signed(void **state)
{
    char *claims = arena_alloc(arena, 6000);

    (void)state;
    memset(claims, 'x', 5000);
    claims = arena_printf(arena,
                          "{\"iss\":\"waybill\",\"aud\":\"waybill\",\"sub\":\"" ALICE
                          "\",\"role\":\"admin\",\"exp\":%lld,\"pad\":\"%s\"}",
                          (long long)now_s() + 60, claims);
    assert_refused(forge(JWT_ALG_ES256, keys.private_pem, claims));
}

static void an_expired_token_is_refused_although_it_was_verified_before(void **state)
{
    int64_t now = clock_now_ms();
    const char *token;

    (void)state;
    clock_freeze(now);
    token = signed_token(60);
    assert_accepted(token);
    assert_accepted(token); /* from the cache */
    clock_freeze(now + INT64_C(66000));
    assert_refused(token);
}

static void a_cached_token_does_not_vouch_for_another(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        const char *token = signed_token(60 + i);
        char *changed = arena_strdup(arena, token);
        char *middle = strchr(changed, '.') + 20;

        assert_accepted(token);
        *middle = *middle == 'A' ? 'B' : 'A';
        assert_refused(changed);
        assert_accepted(token);
    }
}

/* --- keys ----------------------------------------------------------------- */

static void decode_coordinate(const char *text, unsigned char out[32])
{
    size_t len = 0;

    assert_int_equal(sodium_base642bin(out, 32, text, strlen(text), NULL, &len, NULL,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING),
                     0);
    assert_int_equal(len, 32);
}

static void the_jwk_set_holds_the_coordinates_of_the_key(void **state)
{
    unsigned char coordinate[32];
    struct json_in in, *jwk;
    const char *json = NULL;

    (void)state;
    assert_int_equal(auth_jwks(arena, keys.public_pem, &json).code, OK.code);
    in = json_in_parse(arena, json, strlen(json));
    assert_int_equal(json_in_list(&in, "keys", 1, 1, &jwk), 1);
    assert_string_equal(json_in_str(jwk, "kty", 1, 9), "EC");
    assert_string_equal(json_in_str(jwk, "crv", 1, 9), "P-256");
    assert_string_equal(json_in_str(jwk, "alg", 1, 9), "ES256");
    assert_string_equal(json_in_str(jwk, "use", 1, 9), "sig");
    decode_coordinate(json_in_str(jwk, "x", 43, 43), coordinate);
    assert_memory_equal(coordinate, keys.point + 1, 32);
    decode_coordinate(json_in_str(jwk, "y", 43, 43), coordinate);
    assert_memory_equal(coordinate, keys.point + 33, 32);
    assert_int_equal(json_in_done(&in).code, OK.code);
}

static void a_token_tells_its_key_by_the_id_in_the_jwk_set(void **state)
{
    const char *token = signed_token(60), *json = NULL;
    struct json_in in, *jwk;
    jwt_t *jwt = NULL;

    (void)state;
    assert_int_equal(auth_jwks(arena, keys.public_pem, &json).code, OK.code);
    in = json_in_parse(arena, json, strlen(json));
    assert_int_equal(json_in_list(&in, "keys", 1, 1, &jwk), 1);
    assert_int_equal(jwt_decode(&jwt, token, NULL, 0), 0);
    assert_string_equal(jwt_get_header(jwt, "kid"), json_in_str(jwk, "kid", 43, 43));
    jwt_free(jwt);
}

static void only_a_p256_key_opens(void **state)
{
    const struct key_pair p384 = key_pair_new(arena, "P-384");
    const char *const bad[] = {"", "hello", keys.private_pem, p384.public_pem,
                               "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"};
    const struct principal alice = {ALICE, ROLE_CUSTOMER};
    const char *text;
    struct auth *opened;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(auth_open(arena, bad[i], &opened).code, ERR_INVALID);
        assert_int_equal(auth_jwks(arena, bad[i], &text).code, ERR_INVALID);
    }
    assert_int_equal(auth_sign(arena, keys.public_pem, &alice, 60, &text).code, ERR_INVALID);
    assert_int_equal(auth_sign(arena, p384.private_pem, &alice, 60, &text).code, ERR_INVALID);
}

static void roles_have_names(void **state)
{
    (void)state;
    assert_int_equal(role_parse(role_name(ROLE_CUSTOMER)), ROLE_CUSTOMER);
    assert_int_equal(role_parse(role_name(ROLE_ADMIN)), ROLE_ADMIN);
    assert_int_equal(role_parse("none"), ROLE_NONE);
    assert_int_equal(role_parse("Admin"), ROLE_NONE);
    assert_int_equal(role_parse(""), ROLE_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_signed_token_names_its_user_and_role),
        TEST(a_token_made_by_hand_passes_when_all_is_right),
        TEST(a_changed_token_is_refused),
        TEST(a_foreign_key_is_refused),
        TEST(the_algorithm_none_is_refused),
        TEST(our_public_key_as_the_secret_of_an_hmac_is_refused),
        TEST(times_are_checked_with_five_seconds_of_leeway),
        TEST(a_token_before_its_nbf_is_refused),
        TEST(wrong_or_missing_claims_are_refused),
        TEST(a_token_without_an_end_is_refused),
        TEST(garbage_is_refused),
        TEST(an_oversized_token_is_refused_even_when_signed),
        TEST(an_expired_token_is_refused_although_it_was_verified_before),
        TEST(a_cached_token_does_not_vouch_for_another),
        TEST(the_jwk_set_holds_the_coordinates_of_the_key),
        TEST(a_token_tells_its_key_by_the_id_in_the_jwk_set),
        TEST(only_a_p256_key_opens),
        TEST(roles_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
