/* test_api.c - the handlers of the user service, found in the route table and called
 * with a fake store behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "api.h"
#include "arena.h"
#include "fake_store.h"
#include "keys.h"
#include "usecases.h"

#define USERS    "/api/v1/users"
#define USER     USERS "/*"
#define SESSIONS "/api/v1/sessions"
#define CONTACTS "/internal/users"
#define CONTACT  CONTACTS "/*"
#define JWKS     "/.well-known/jwks.json"

#define ADA   "0193b9a0-0000-7000-8000-00000000000a"
#define ROOT  "0193b9a0-0000-7000-8000-00000000000f"
#define OTHER "0193b9a0-0000-7000-8000-000000000001"

static struct ctx ctx;
static struct http_response res;
static struct password_hasher *hasher;
static const char *limit, *cursor, *ids; /* of the query */

static const struct principal nobody = {"", ROLE_NONE};
static const struct principal ada = {ADA, ROLE_CUSTOMER};
static const struct principal root = {ROOT, ROLE_ADMIN};

/* There is no connection here to read a query from. */
const char *http_query(const struct http_request *req, const char *name)
{
    (void)req;
    if (strcmp(name, "limit") == 0)
        return limit;
    if (strcmp(name, "ids") == 0)
        return ids;
    return strcmp(name, "cursor") == 0 ? cursor : NULL;
}

static struct user stored_user(const char *id, const char *email, enum user_role role)
{
    return (struct user){
        .id = id,
        .email = email,
        .name = "Some \"Body\"",
        .role = role,
        .password_hash = "$argon2id$secret",
        .created_at = "2026-01-01T00:00:00.000Z",
    };
}

static int setup(void **state)
{
    const struct password_options cheap = {
        .memory_kib = 8, .passes = 1, .at_once = 2, .wait_ms = 10000};
    struct key_pair keys;

    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    keys = key_pair_new(ctx.arena, "P-256");
    assert_int_equal(password_open(ctx.arena, &cheap, &hasher).code, ERR_OK);
    usecases_init(&(struct usecases_options){
        .hasher = hasher, .private_pem = keys.private_pem, .token_ttl_s = 900});
    api_init(keys.public_pem);
    limit = cursor = ids = NULL;
    memset(&fake, 0, sizeof(fake));
    fake.users[0] = stored_user(ADA, "ada@example.org", USER_CUSTOMER);
    fake.users[1] = stored_user(ROOT, "root@example.org", USER_ADMIN);
    fake.nusers = 2;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    password_close(hasher);
    arena_free(ctx.arena);
    return 0;
}

static const struct http_route *route(const char *method, const char *pattern)
{
    for (size_t i = 0; i < api_nroutes; i++)
        if (strcmp(api_routes[i].method, method) == 0 &&
            strcmp(api_routes[i].pattern, pattern) == 0)
            return &api_routes[i];
    fail_msg("there is no route %s %s", method, pattern);
    return NULL;
}

static struct err call(const char *method, const char *pattern, const struct http_request *req)
{
    res = (struct http_response){.status = 200};
    return route(method, pattern)->handler(&ctx, req, &res);
}

static struct err post(const char *pattern, const char *body)
{
    return call("POST", pattern,
                &(struct http_request){.body = body, .body_len = strlen(body), .caller = nobody});
}

static struct err get(const char *pattern, const char *id, const struct principal *caller)
{
    return call("GET", pattern,
                &(struct http_request){.param = {id}, .body = "", .caller = *caller});
}

static void assert_answer(struct err err, int status, const char *part)
{
    assert_int_equal(err.code, ERR_OK);
    assert_int_equal(res.status, status);
    assert_non_null(strstr(res.body, part));
}

static void assert_error(struct err err, enum err_code code, const char *msg)
{
    assert_int_equal(err.code, code);
    assert_string_equal(err.msg, msg);
}

static void only_what_must_be_is_public(void **state)
{
    (void)state;
    assert_int_equal(route("POST", USERS)->access, HTTP_PUBLIC);
    assert_int_equal(route("POST", SESSIONS)->access, HTTP_PUBLIC);
    assert_int_equal(route("GET", JWKS)->access, HTTP_PUBLIC);
    assert_int_equal(route("GET", USERS)->access, HTTP_ADMIN);
    assert_int_equal(route("GET", USERS "/me")->access, HTTP_USER);
    assert_int_equal(route("GET", USER)->access, HTTP_USER);
    assert_int_equal(route("GET", CONTACT)->access, HTTP_INTERNAL);
    assert_int_equal(route("GET", CONTACTS)->access, HTTP_INTERNAL);
    assert_int_equal(api_nroutes, 8); /* look at a new one here as well */
}

static void me_is_found_before_any_id(void **state)
{
    (void)state;
    assert_true(route("GET", USERS "/me") < route("GET", USER));
}

/* Else a transaction would stay open while the password is checked. */
static void signing_in_is_no_transaction(void **state)
{
    (void)state;
    assert_int_equal(route("POST", SESSIONS)->unit, DB_READ);
    assert_int_equal(route("POST", USERS)->unit, DB_WRITE);
    assert_true(route("POST", USERS)->idempotent);
}

/* --- registering --------------------------------------------------------------------- */

static const char bob[] =
    "{\"email\":\"Bob@Example.ORG\",\"name\":\"Bob\",\"password\":\"correct horse\"}";

static void registering_answers_with_the_user_and_where_to_find_it(void **state)
{
    struct err err = post(USERS, bob);
    const char *id = fake.users[2].id;

    (void)state;
    assert_int_equal(fake.nusers, 3);
    assert_answer(err, 201,
                  arena_printf(ctx.arena,
                               "{\"id\":\"%s\",\"email\":\"bob@example.org\",\"name\":\"Bob\","
                               "\"role\":\"customer\",\"created_at\":\"2026-01-01T00:00:00.000Z\"}",
                               id));
    assert_string_equal(res.location, arena_printf(ctx.arena, "/api/v1/users/%s", id));
}

static void a_bad_registration_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *body, *problem;
    } bad[] = {
        {"[]",                                                                              "body must be a JSON object"},
        {"{}",                                                                              "missing member email"      },
        {"{\"email\":7,\"name\":\"B\",\"password\":\"12345678\"}",                          "email must be a string"    },
        {"{\"email\":\"bob\",\"name\":\"B\",\"password\":\"12345678\"}",
         "email must have the form name@domain"                                                                         },
        {"{\"email\":\"bob@x y\",\"name\":\"B\",\"password\":\"12345678\"}",
         "email must not contain spaces, control characters or any of ()<>[],;:\\\""                                    },
        {"{\"email\":\"b@x\",\"password\":\"12345678\"}",                                   "missing member name"       },
        {"{\"email\":\"b@x\",\"name\":\"\",\"password\":\"12345678\"}",
         "name must be 1 to 100 bytes long"                                                                             },
        {"{\"email\":\"b@x\",\"name\":\"  \",\"password\":\"12345678\"}",                   "name must not be blank"    },
        {"{\"email\":\"b@x\",\"name\":\"a\\nb\",\"password\":\"12345678\"}",
         "name must not contain control characters"                                                                     },
        {"{\"email\":\"b@x\",\"name\":\"B\"}",                                              "missing member password"   },
        {"{\"email\":\"b@x\",\"name\":\"B\",\"password\":\"1234567\"}",
         "password must be 8 to 128 bytes long"                                                                         },
        {"{\"email\":\"b@x\",\"name\":\"B\",\"password\":\"12345678\",\"role\":\"admin\"}",
         "unknown member role"                                                                                          },
        {"{\"email\":\"b@x\",\"email\":\"c@x\",\"name\":\"B\",\"password\":\"12345678\"}",
         "email appears twice"                                                                                          },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_error(post(USERS, bad[i].body), ERR_INVALID, bad[i].problem);
    assert_int_equal(fake.nusers, 2);
}

static void a_password_that_hides_a_nul_is_refused(void **state)
{
    (void)state;
    assert_int_equal(
        post(USERS, "{\"email\":\"b@x\",\"name\":\"B\",\"password\":\"12345678\\u0000x\"}").code,
        ERR_INVALID);
    assert_int_equal(fake.nusers, 2);
}

static void a_taken_address_is_a_conflict_however_it_is_spelt(void **state)
{
    (void)state;
    assert_error(
        post(USERS, "{\"email\":\"ADA@example.org\",\"name\":\"A\",\"password\":\"12345678\"}"),
        ERR_CONFLICT, "this email address is already registered");
    assert_int_equal(fake.nusers, 2);
}

/* --- signing in ---------------------------------------------------------------------- */

static void who_registered_signs_in_however_the_address_is_spelt(void **state)
{
    (void)state;
    assert_int_equal(post(USERS, bob).code, ERR_OK);
    assert_answer(post(SESSIONS, "{\"email\":\"BOB@example.org\",\"password\":\"correct horse\"}"),
                  201, "\"token_type\":\"Bearer\",\"expires_in\":900}");
    assert_int_equal(strncmp(res.body, "{\"access_token\":\"ey", 19), 0);
}

static void every_failed_sign_in_looks_the_same(void **state)
{
    static const char *const bodies[] = {
        "{\"email\":\"nobody@example.org\",\"password\":\"correct horse\"}",
        "{\"email\":\"bob@example.org\",\"password\":\"wrong horse\"}",
        "{\"email\":\"no address at all\",\"password\":\"correct horse\"}",
        "{\"email\":\"bob@example.org\",\"password\":\"x\"}",
    };

    (void)state;
    assert_int_equal(post(USERS, bob).code, ERR_OK);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        assert_error(post(SESSIONS, bodies[i]), ERR_UNAUTHENTICATED,
                     "the email address or the password is wrong");
        assert_null(res.body);
    }
}

static void a_bad_sign_in_is_refused_with_the_reason(void **state)
{
    (void)state;
    assert_error(post(SESSIONS, "{\"email\":\"a@b\"}"), ERR_INVALID, "missing member password");
    assert_error(post(SESSIONS, "{\"email\":\"a@b\",\"password\":\"x\",\"otp\":\"1\"}"),
                 ERR_INVALID, "unknown member otp");
}

/* --- who may see whom ---------------------------------------------------------------- */

#define ADA_SEEN                                                                                   \
    "{\"id\":\"" ADA "\",\"email\":\"ada@example.org\",\"name\":\"Some \\\"Body\\\"\","            \
    "\"role\":\"customer\""

static void a_customer_sees_itself_and_nobody_else(void **state)
{
    (void)state;
    assert_answer(get(USERS "/me", NULL, &ada), 200,
                  ADA_SEEN ",\"created_at\":\"2026-01-01T00:00:00.000Z\"}");
    assert_answer(get(USER, ADA, &ada), 200,
                  ADA_SEEN ",\"created_at\":\"2026-01-01T00:00:00.000Z\"}");
    assert_error(get(USER, ROOT, &ada), ERR_NOT_FOUND, "there is no user " ROOT);
    assert_error(get(USER, OTHER, &ada), ERR_NOT_FOUND, "there is no user " OTHER);
}

static void an_administrator_sees_everybody_but_no_hash(void **state)
{
    (void)state;
    assert_answer(get(USER, ADA, &root), 200, ADA_SEEN);
    assert_error(get(USER, OTHER, &root), ERR_NOT_FOUND, "there is no user " OTHER);
    assert_answer(get(USERS, NULL, &root), 200, "\"next_cursor\":null");
    assert_non_null(strstr(res.body, ADA));
    assert_non_null(strstr(res.body, ROOT));
    assert_null(strstr(res.body, "argon2"));
}

static void an_id_must_be_a_uuid(void **state)
{
    (void)state;
    assert_error(get(USER, "42", &root), ERR_INVALID, "the user id must be a UUID");
    assert_error(get(CONTACT, "42", &nobody), ERR_INVALID, "the user id must be a UUID");
}

static void a_list_goes_on_where_its_cursor_says(void **state)
{
    (void)state;
    limit = "1";
    assert_answer(get(USERS, NULL, &root), 200, "\"next_cursor\":\"");
    assert_int_equal(fake.limit, 2); /* one more than is shown */
    assert_null(strstr(res.body, ROOT));
    cursor = strstr(res.body, "\"next_cursor\":\"") + strlen("\"next_cursor\":\"");
    cursor = arena_strndup(ctx.arena, cursor, strcspn(cursor, "\""));
    assert_int_equal(get(USERS, NULL, &root).code, ERR_OK);
    assert_string_equal(fake.after, ADA);
    cursor = "MTp4"; /* a good cursor, but "x" is no id */
    assert_error(get(USERS, NULL, &root), ERR_INVALID, "cursor is not one that a list has given");
}

/* --- for other services -------------------------------------------------------------- */

static void other_services_learn_address_name_and_role(void **state)
{
    (void)state;
    assert_int_equal(get(CONTACT, ADA, &nobody).code, ERR_OK);
    assert_string_equal(res.body, ADA_SEEN "}");
    assert_error(get(CONTACT, OTHER, &nobody), ERR_NOT_FOUND, "there is no user " OTHER);
}

#define ROOT_SEEN                                                                                  \
    "{\"id\":\"" ROOT "\",\"email\":\"root@example.org\",\"name\":\"Some \\\"Body\\\"\","          \
    "\"role\":\"admin\"}"

static void contacts_are_told_of_those_that_there_are(void **state)
{
    (void)state;
    ids = ADA "," OTHER ",ada,," ROOT;
    assert_int_equal(get(CONTACTS, NULL, &nobody).code, ERR_OK);
    assert_string_equal(res.body, "{\"items\":[" ADA_SEEN "}," ROOT_SEEN "],\"next_cursor\":null}");
    ids = OTHER;
    assert_answer(get(CONTACTS, NULL, &nobody), 200, "{\"items\":[],\"next_cursor\":null}");
}

static void contacts_are_asked_for_one_to_fifty_users(void **state)
{
    const char *text = OTHER;

    (void)state;
    for (int i = 1; i < USER_MAX_CONTACTS; i++)
        text = arena_printf(ctx.arena, "%s," OTHER, text);
    ids = text;
    assert_int_equal(get(CONTACTS, NULL, &nobody).code, ERR_OK);
    ids = arena_printf(ctx.arena, "%s,", text);
    assert_error(get(CONTACTS, NULL, &nobody), ERR_INVALID, "ids may name at most 50 users");
    ids = "";
    assert_error(get(CONTACTS, NULL, &nobody), ERR_INVALID, "ids is missing: give ?ids=a,b,c");
    ids = NULL;
    assert_int_equal(get(CONTACTS, NULL, &nobody).code, ERR_INVALID);
}

static void everybody_may_have_the_public_key_and_only_that(void **state)
{
    (void)state;
    assert_answer(get(JWKS, NULL, &nobody), 200, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\"");
    assert_null(strstr(res.body, "\"d\":"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_what_must_be_is_public),
        TEST(me_is_found_before_any_id),
        TEST(signing_in_is_no_transaction),
        TEST(registering_answers_with_the_user_and_where_to_find_it),
        TEST(a_bad_registration_is_refused_with_the_reason),
        TEST(a_password_that_hides_a_nul_is_refused),
        TEST(a_taken_address_is_a_conflict_however_it_is_spelt),
        TEST(who_registered_signs_in_however_the_address_is_spelt),
        TEST(every_failed_sign_in_looks_the_same),
        TEST(a_bad_sign_in_is_refused_with_the_reason),
        TEST(a_customer_sees_itself_and_nobody_else),
        TEST(an_administrator_sees_everybody_but_no_hash),
        TEST(an_id_must_be_a_uuid),
        TEST(a_list_goes_on_where_its_cursor_says),
        TEST(other_services_learn_address_name_and_role),
        TEST(contacts_are_told_of_those_that_there_are),
        TEST(contacts_are_asked_for_one_to_fifty_users),
        TEST(everybody_may_have_the_public_key_and_only_that),
    };

    return cmocka_run_group_tests_name("user api", tests, NULL, NULL);
}
