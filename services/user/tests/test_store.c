/* test_store.c - users in a real PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

#include "arena.h"
#include "db.h"
#include "id.h"
#include "store.h"
#include "testing.h"

static struct testing *env;
static struct ctx *ctx;

static int setup(void **state)
{
    (void)state;
    env = testing_open(migrations, nmigrations);
    ctx = &env->ctx;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    testing_close(env);
    return 0;
}

static int empty_tables(void **state)
{
    struct db_rows rows;

    (void)state;
    return (int)db_exec(ctx, &rows, "TRUNCATE users").code;
}

static struct user new_user(struct ctx *c, const char *email)
{
    return (struct user){
        .id = id_new(c->arena),
        .email = email,
        .name = "Zoë O'Neil",
        .role = USER_ADMIN,
        .password_hash = "$argon2id$one",
    };
}

static struct user insert(const char *email)
{
    struct user u = new_user(ctx, email);
    bool added = false;

    assert_int_equal(store_insert(ctx, &u, &added).code, ERR_OK);
    assert_true(added);
    return u;
}

static void what_is_stored_is_found_by_id_and_by_address(void **state)
{
    struct user u = insert("zoe@example.org"), by_id, by_email;

    (void)state;
    assert_int_equal(store_find(ctx, u.id, &by_id).code, ERR_OK);
    assert_int_equal(store_find_by_email(ctx, "zoe@example.org", &by_email).code, ERR_OK);
    assert_string_equal(by_id.id, u.id);
    assert_string_equal(by_email.id, u.id);
    assert_string_equal(by_id.email, "zoe@example.org");
    assert_string_equal(by_id.name, "Zoë O'Neil");
    assert_int_equal(by_id.role, USER_ADMIN);
    assert_string_equal(by_id.password_hash, "$argon2id$one");
    assert_string_equal(by_id.created_at, u.created_at);
    assert_int_equal(strlen(by_id.created_at), strlen("2026-01-01T00:00:00.000Z"));
}

static void who_is_not_there_is_not_found(void **state)
{
    struct user u;

    (void)state;
    assert_int_equal(store_find(ctx, id_new(ctx->arena), &u).code, ERR_NOT_FOUND);
    assert_int_equal(store_find_by_email(ctx, "zoe@example.org", &u).code, ERR_NOT_FOUND);
}

static void a_taken_address_changes_nothing(void **state)
{
    struct user first = insert("zoe@example.org"), second = new_user(ctx, "zoe@example.org"), u;
    bool added = true;

    (void)state;
    second.role = USER_CUSTOMER;
    assert_int_equal(store_insert(ctx, &second, &added).code, ERR_OK);
    assert_false(added);
    assert_int_equal(store_find_by_email(ctx, "zoe@example.org", &u).code, ERR_OK);
    assert_string_equal(u.id, first.id);
    assert_int_equal(u.role, USER_ADMIN);
}

static void the_database_itself_keeps_addresses_unique_and_roles_known(void **state)
{
    struct db_rows rows;

    (void)state;
    insert("zoe@example.org");
    assert_int_equal(db_exec(ctx, &rows,
                             "INSERT INTO users (id, email, name, role, password_hash)"
                             " VALUES ($1, 'zoe@example.org', 'Z', 'customer', 'x')",
                             id_new(ctx->arena))
                         .code,
                     ERR_CONFLICT);
    assert_string_equal(db_constraint(ctx->db), "users_email_unique");
    assert_int_equal(db_exec(ctx, &rows,
                             "INSERT INTO users (id, email, name, role, password_hash)"
                             " VALUES ($1, 'y@example.org', 'Y', 'root', 'x')",
                             id_new(ctx->arena))
                         .code,
                     ERR_CONFLICT);
}

/* --- many at once ----------------------------------------------------------------- */

enum { RUNNERS = 8 };

static pthread_barrier_t start;

static void *register_at_once(void *unused)
{
    struct ctx own = testing_ctx_patient(env);
    struct user u = new_user(&own, "last@example.org");
    bool added = false;
    struct err err = db_ping(&own);

    (void)unused;
    pthread_barrier_wait(&start);
    db_unit_begin(&own, DB_WRITE);
    if (!err.code)
        err = store_insert(&own, &u, &added);
    if (!err.code)
        err = db_unit_commit(&own);
    testing_ctx_close(&own);
    return (void *)(intptr_t)(err.code ? -1 : added);
}

static void of_many_who_want_one_address_at_once_one_gets_it(void **state)
{
    pthread_t threads[RUNNERS];
    intptr_t winners = 0;

    (void)state;
    pthread_barrier_init(&start, NULL, RUNNERS);
    for (int i = 0; i < RUNNERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, register_at_once, NULL), 0);
    for (int i = 0; i < RUNNERS; i++) {
        void *added;

        pthread_join(threads[i], &added);
        assert_int_not_equal((intptr_t)added, -1);
        winners += (intptr_t)added;
    }
    assert_int_equal(winners, 1);
    pthread_barrier_destroy(&start);
}

static void a_hash_is_replaced_only_where_it_is_still_the_one_that_was_read(void **state)
{
    struct user u = insert("zoe@example.org"), now;

    (void)state;
    assert_int_equal(store_replace_hash(ctx, &u, "$argon2id$two").code, ERR_OK);
    assert_int_equal(store_replace_hash(ctx, &u, "$argon2id$three").code, ERR_OK);
    assert_int_equal(store_find(ctx, u.id, &now).code, ERR_OK);
    assert_string_equal(now.password_hash, "$argon2id$two");
}

static void a_list_goes_from_the_oldest_to_the_newest_page_by_page(void **state)
{
    static const char *const emails[] = {"a@x", "b@x", "c@x", "d@x", "e@x"};
    const char *ids[5], *after = NULL;
    struct user *list;
    size_t n;

    (void)state;
    for (int i = 0; i < 5; i++)
        ids[i] = insert(emails[i]).id;
    for (size_t seen = 0; seen < 5; seen += n) {
        assert_int_equal(store_list(ctx, after, 2, &list, &n).code, ERR_OK);
        assert_int_equal(n, seen < 4 ? 2 : 1);
        for (size_t i = 0; i < n; i++)
            assert_string_equal(list[i].id, ids[seen + i]);
        after = list[n - 1].id;
    }
    assert_int_equal(store_list(ctx, after, 2, &list, &n).code, ERR_OK);
    assert_int_equal(n, 0);
}

static void of_many_ids_those_that_there_are_are_found_by_id(void **state)
{
    const struct user a = insert("a@x"), b = insert("b@x");
    const char *const ids[] = {b.id, id_new(ctx->arena), a.id, b.id};
    struct user *list;
    size_t n;

    (void)state;
    insert("c@x");
    assert_int_equal(store_find_users(ctx, ids, 4, &list, &n).code, ERR_OK);
    assert_int_equal(n, 2);
    assert_string_equal(list[0].id, a.id);
    assert_string_equal(list[0].email, "a@x");
    assert_string_equal(list[1].id, b.id);
    assert_int_equal(store_find_users(ctx, ids, 0, &list, &n).code, ERR_OK);
    assert_int_equal(n, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, empty_tables)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_stored_is_found_by_id_and_by_address),
        TEST(who_is_not_there_is_not_found),
        TEST(a_taken_address_changes_nothing),
        TEST(the_database_itself_keeps_addresses_unique_and_roles_known),
        TEST(of_many_who_want_one_address_at_once_one_gets_it),
        TEST(a_hash_is_replaced_only_where_it_is_still_the_one_that_was_read),
        TEST(of_many_ids_those_that_there_are_are_found_by_id),
        TEST(a_list_goes_from_the_oldest_to_the_newest_page_by_page),
    };

    return cmocka_run_group_tests_name("user store", tests, setup, teardown);
}
