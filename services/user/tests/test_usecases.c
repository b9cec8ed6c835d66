/* test_usecases.c - the operations of the user service against a fake store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "auth.h"
#include "fake_store.h"
#include "id.h"
#include "keys.h"
#include "log.h"
#include "metrics.h"
#include "usecases.h"

static struct ctx ctx;
static struct password_hasher *hasher;
static struct key_pair keys;

static struct password_hasher *open_hasher(int64_t memory_kib, int64_t passes)
{
    const struct password_options opt = {
        .memory_kib = memory_kib, .passes = passes, .at_once = 2, .wait_ms = 10000};
    struct password_hasher *h = NULL;

    assert_int_equal(password_open(ctx.arena, &opt, &h).code, ERR_OK);
    return h;
}

static void use(struct password_hasher *h)
{
    usecases_init(&(struct usecases_options){
        .hasher = h, .private_pem = keys.private_pem, .token_ttl_s = 900});
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new()};
    keys = key_pair_new(ctx.arena, "P-256");
    hasher = open_hasher(8, 1);
    use(hasher);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    password_close(hasher);
    arena_free(ctx.arena);
    return 0;
}

static struct user register_ada(void)
{
    struct user u = {.email = "ada@example.org", .name = "Ada"};

    assert_int_equal(user_register(&ctx, &u, "correct horse").code, ERR_OK);
    return u;
}

static struct err sign_in(const char *email, const char *password, struct session *out)
{
    *out = (struct session){.access_token = NULL};
    return user_sign_in(&ctx, email, password, out);
}

static void a_new_user_is_a_customer_whose_password_is_only_kept_as_a_hash(void **state)
{
    struct user u = register_ada();

    (void)state;
    assert_true(id_valid(u.id));
    assert_int_equal(u.role, USER_CUSTOMER);
    assert_string_equal(u.created_at, "2026-01-01T00:00:00.000Z");
    assert_int_equal(fake.nusers, 1);
    assert_int_equal(strncmp(fake.users[0].password_hash, "$argon2id$", 10), 0);
    assert_null(strstr(fake.users[0].password_hash, "correct horse"));
}

static void a_role_that_the_caller_asks_for_is_ignored(void **state)
{
    struct user u = {.email = "eve@example.org", .name = "Eve", .role = USER_ADMIN};

    (void)state;
    assert_int_equal(user_register(&ctx, &u, "correct horse").code, ERR_OK);
    assert_int_equal(fake.users[0].role, USER_CUSTOMER);
}

static void an_address_is_registered_once(void **state)
{
    struct user again = {.email = "ada@example.org", .name = "Another Ada"};
    struct err err;

    (void)state;
    register_ada();
    err = user_register(&ctx, &again, "correct horse");
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.msg, "this email address is already registered");
    assert_int_equal(fake.nusers, 1);
}

static void the_right_password_opens_a_session_of_that_user(void **state)
{
    struct user u = register_ada();
    struct principal who;
    struct session s;
    struct auth *auth;

    (void)state;
    assert_int_equal(sign_in("ada@example.org", "correct horse", &s).code, ERR_OK);
    assert_int_equal(s.expires_in, 900);
    assert_int_equal(auth_open(ctx.arena, keys.public_pem, &auth).code, ERR_OK);
    assert_int_equal(auth_verify(auth, ctx.arena, s.access_token, &who).code, ERR_OK);
    assert_string_equal(who.user_id, u.id);
    assert_int_equal(who.role, ROLE_CUSTOMER);
    auth_close(auth);
}

static void an_unknown_address_and_a_wrong_password_are_refused_alike(void **state)
{
    struct err unknown, wrong;
    struct session s;

    (void)state;
    register_ada();
    unknown = sign_in("bob@example.org", "correct horse", &s);
    assert_null(s.access_token);
    wrong = sign_in("ada@example.org", "wrong horse", &s);
    assert_null(s.access_token);
    assert_int_equal(unknown.code, ERR_UNAUTHENTICATED);
    assert_int_equal(wrong.code, ERR_UNAUTHENTICATED);
    assert_string_equal(unknown.msg, wrong.msg);
}

/* --- time -------------------------------------------------------------------------- */

static long verifications(void)
{
    static const char counter[] = "waybill_password_seconds_count{op=\"verify\"} ";
    const char *line = strstr(metrics_text(ctx.arena), counter);

    assert_non_null(line);
    return strtol(line + strlen(counter), NULL, 10);
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

/* By the clock that counts what this thread has computed: the hash is made in it, and what
 * other programs take of the machine meanwhile is not ours. */
static int64_t refusal_us(const char *email)
{
    struct timespec start, end;
    struct session s;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    assert_int_equal(sign_in(email, "wrong horse", &s).code, ERR_UNAUTHENTICATED);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
}

static int64_t median(int64_t took[], size_t n)
{
    qsort(took, n, sizeof(took[0]), by_size);
    return took[n / 2];
}

/* In turn, so that a processor that slows down slows both; and with loose limits. What they
 * would show is a missing verification: milliseconds against microseconds. */
static void an_unknown_address_and_a_wrong_password_take_the_same_time(void **state)
{
    enum { ROUNDS = 15 };
    struct password_hasher *slow = open_hasher(4096, 2);
    int64_t nobodys[ROUNDS], adas[ROUNDS], unknown, wrong;
    long before;

    (void)state;
    use(slow);
    register_ada();
    before = verifications();
    for (long i = 0; i < ROUNDS; i++) {
        nobodys[i] = refusal_us("bob@example.org");
        assert_int_equal(verifications(), before + 2 * i + 1);
        adas[i] = refusal_us("ada@example.org");
        assert_int_equal(verifications(), before + 2 * i + 2);
    }
    unknown = median(nobodys, ROUNDS);
    wrong = median(adas, ROUNDS);
    assert_true(unknown < 2 * wrong);
    assert_true(wrong < 2 * unknown);
    password_close(slow);
}

/* --- outages, and hashes of another cost --------------------------------------------- */

static void an_outage_is_no_wrong_password(void **state)
{
    struct user u = {.email = "bob@example.org", .name = "Bob"};
    struct session s;

    (void)state;
    fake.fails = (struct err){ERR_UNAVAILABLE, "the database is not available"};
    assert_int_equal(sign_in("ada@example.org", "correct horse", &s).code, ERR_UNAVAILABLE);
    assert_int_equal(user_register(&ctx, &u, "correct horse").code, ERR_UNAVAILABLE);
    assert_int_equal(user_ensure_admin(&ctx, "ada@example.org", "correct horse").code,
                     ERR_UNAVAILABLE);
}

static void a_hash_of_another_cost_is_replaced_at_the_next_sign_in(void **state)
{
    struct password_hasher *dearer = open_hasher(8, 2);
    const char *old = register_ada().password_hash;
    struct session s;

    (void)state;
    use(dearer);
    assert_int_equal(sign_in("ada@example.org", "wrong horse", &s).code, ERR_UNAUTHENTICATED);
    assert_int_equal(fake.replaced, 0);
    assert_int_equal(sign_in("ada@example.org", "correct horse", &s).code, ERR_OK);
    assert_string_not_equal(fake.users[0].password_hash, old);
    assert_int_equal(sign_in("ada@example.org", "correct horse", &s).code, ERR_OK);
    assert_int_equal(fake.replaced, 1);
    password_close(dearer);
}

static void a_hash_that_cannot_be_replaced_keeps_nobody_out(void **state)
{
    struct password_hasher *dearer = open_hasher(8, 2);
    struct session s;

    (void)state;
    register_ada();
    use(dearer);
    fake.replace_fails = (struct err){ERR_UNAVAILABLE, "the database is busy"};
    assert_int_equal(sign_in("ada@example.org", "correct horse", &s).code, ERR_OK);
    assert_non_null(s.access_token);
    assert_int_equal(fake.replaced, 1);
    password_close(dearer);
}

/* --- the first administrator --------------------------------------------------------- */

static void the_first_administrator_is_made_once(void **state)
{
    const char *hash;

    (void)state;
    assert_int_equal(user_ensure_admin(&ctx, "root@example.org", "correct horse").code, ERR_OK);
    assert_int_equal(fake.nusers, 1);
    assert_int_equal(fake.users[0].role, USER_ADMIN);
    hash = fake.users[0].password_hash;
    assert_int_equal(user_ensure_admin(&ctx, "root@example.org", "another horse").code, ERR_OK);
    assert_int_equal(fake.nusers, 1);
    assert_ptr_equal(fake.users[0].password_hash, hash);
}

static void a_customer_with_the_administrators_address_stays_a_customer(void **state)
{
    (void)state;
    register_ada();
    assert_int_equal(user_ensure_admin(&ctx, "ada@example.org", "another horse").code, ERR_OK);
    assert_int_equal(fake.nusers, 1);
    assert_int_equal(fake.users[0].role, USER_CUSTOMER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_user_is_a_customer_whose_password_is_only_kept_as_a_hash),
        TEST(a_role_that_the_caller_asks_for_is_ignored),
        TEST(an_address_is_registered_once),
        TEST(the_right_password_opens_a_session_of_that_user),
        TEST(an_unknown_address_and_a_wrong_password_are_refused_alike),
        TEST(an_unknown_address_and_a_wrong_password_take_the_same_time),
        TEST(an_outage_is_no_wrong_password),
        TEST(a_hash_of_another_cost_is_replaced_at_the_next_sign_in),
        TEST(a_hash_that_cannot_be_replaced_keeps_nobody_out),
        TEST(the_first_administrator_is_made_once),
        TEST(a_customer_with_the_administrators_address_stays_a_customer),
    };

    log_init("test", "test", "error"); /* what goes wrong here is meant to */
    return cmocka_run_group_tests_name("user use-cases", tests, NULL, NULL);
}
