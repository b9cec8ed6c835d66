/* test_peers.c - the look-up of addresses over real HTTP, of a user service that this
 * test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "http.h"
#include "http_client.h"
#include "id.h"
#include "log.h"
#include "peers.h"

#define ADA "0193b9a0-0000-7000-8000-00000000000a"
#define BOB "0193b9a0-0000-7000-8000-00000000000b"

static struct ctx ctx;
static struct http_server *users;

/* What it answers, set before each call, and what it was asked for. */
static struct err answer_err;
static const char *answer_body;
static char asked[4096];

static struct err get_users(struct ctx *unused, const struct http_request *req,
                            struct http_response *res)
{
    const char *ids = http_query(req, "ids");

    (void)unused;
    snprintf(asked, sizeof(asked), "%s", ids ? ids : "");
    res->body = answer_body;
    return answer_err;
}

static int setup(void **state)
{
    static const struct http_route routes[] = {
        {"GET", "/internal/users", HTTP_INTERNAL, DB_READ, false, get_users},
    };
    const struct http_options opt = {
        .address = "127.0.0.1",
        .workers = 1,
        .queue_limit = 8,
        .max_connections = 8,
        .idle_timeout_s = 10,
        .max_body = 1024,
        .routes = routes,
        .nroutes = 1,
    };

    (void)state;
    ctx = (struct ctx){.arena = arena_new(), .http = http_client_new()};
    assert_int_equal(http_start(ctx.arena, &opt, &users).code, ERR_OK);
    peers_init(arena_printf(ctx.arena, "http://127.0.0.1:%d", http_port(users)));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    http_client_free(ctx.http);
    http_stop(users);
    arena_free(ctx.arena);
    return 0;
}

static struct contact *found;
static size_t nfound;

static struct err find(struct err err, const char *body)
{
    static const char *const ids[] = {ADA, BOB};

    answer_err = err;
    answer_body = body;
    return peers_find_contacts(&ctx, ids, 2, &found, &nfound);
}

#define CONTACT(id, email) "{\"id\":\"" id "\",\"email\":\"" email "\",\"name\":\"Ada\",\"new\":1}"
#define ITEMS(items)       "{\"items\":[" items "],\"next_cursor\":null}"

static void one_call_tells_the_addresses_and_names_of_many(void **state)
{
    (void)state;
    assert_int_equal(find(OK, ITEMS(CONTACT(ADA, "ada@x") "," CONTACT(BOB, "bob@x"))).code, ERR_OK);
    assert_string_equal(asked, ADA "," BOB);
    assert_int_equal(nfound, 2);
    assert_string_equal(found[0].user_id, ADA);
    assert_string_equal(found[0].email, "ada@x");
    assert_string_equal(found[0].name, "Ada");
    assert_string_equal(found[1].user_id, BOB);
    assert_string_equal(found[1].email, "bob@x");
}

static void fifty_can_be_asked_for(void **state)
{
    const char *ids[PEERS_MAX_CONTACTS];

    (void)state;
    for (int i = 0; i < PEERS_MAX_CONTACTS; i++)
        ids[i] = id_new(ctx.arena);
    answer_err = OK;
    answer_body = ITEMS("");
    assert_int_equal(peers_find_contacts(&ctx, ids, PEERS_MAX_CONTACTS, &found, &nfound).code,
                     ERR_OK);
    assert_int_equal(strlen(asked), PEERS_MAX_CONTACTS * (ID_LEN + 1) - 1);
    assert_int_equal(nfound, 0);
}

static void who_is_not_there_is_not_among_them(void **state)
{
    (void)state;
    assert_int_equal(find(OK, ITEMS(CONTACT(BOB, "bob@x"))).code, ERR_OK);
    assert_int_equal(nfound, 1);
    assert_string_equal(found[0].user_id, BOB);
}

static void a_contact_that_makes_no_sense_spoils_no_other(void **state)
{
    static const char *const bad[] = {
        ITEMS(CONTACT(ADA, "") "," CONTACT(BOB, "bob@x")),
        ITEMS("{\"id\":\"" ADA "\",\"name\":\"A\"}," CONTACT(BOB, "bob@x")),
        ITEMS("{\"id\":\"" ADA "\",\"email\":7,\"name\":\"A\"}," CONTACT(BOB, "bob@x")),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(find(OK, bad[i]).code, ERR_OK);
        assert_int_equal(nfound, 2);
        assert_string_equal(found[0].user_id, ADA);
        assert_null(found[0].email);
        assert_string_equal(found[1].email, "bob@x");
    }
}

/* Nor must any of it be taken for "there is no such user", which is final: an older user
 * service has no such path, and answers 404. */
static void any_other_answer_is_an_outage(void **state)
{
    static const struct err refusals[] = {
        {ERR_INVALID,     "400"},
        {ERR_FORBIDDEN,   "403"},
        {ERR_NOT_FOUND,   "404"},
        {ERR_UNAVAILABLE, "503"}
    };
    static const char *const bodies[] = {
        "{}",
        "[]",
        "{\"items\":7}",
        "{\"items\":[7]}",
        ITEMS("{\"email\":\"ada@x\",\"name\":\"A\"}"),
        ITEMS("{\"id\":\"ada\",\"email\":\"ada@x\",\"name\":\"A\"}"),
        ITEMS(CONTACT(ADA, "a@x") "," CONTACT(BOB, "b@x") "," CONTACT(ADA, "a@x")),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        assert_int_equal(find(refusals[i], NULL).code, ERR_UNAVAILABLE);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(find(OK, bodies[i]).code, ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_tells_the_addresses_and_names_of_many),
        cmocka_unit_test(fifty_can_be_asked_for),
        cmocka_unit_test(who_is_not_there_is_not_among_them),
        cmocka_unit_test(a_contact_that_makes_no_sense_spoils_no_other),
        cmocka_unit_test(any_other_answer_is_an_outage),
    };

    log_init("test", "test", "error"); /* its outages are meant to be */
    return cmocka_run_group_tests_name("notification peers", tests, setup, teardown);
}
