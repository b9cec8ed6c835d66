/* test_peers.c - the look-up of an address over real HTTP, of a user service that this
 * test plays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "http.h"
#include "http_client.h"
#include "log.h"
#include "peers.h"

#define ADA "0193b9a0-0000-7000-8000-00000000000a"

static struct ctx ctx;
static struct http_server *users;

/* What it answers, set before each call. */
static struct err answer_err;
static const char *answer_body;

static struct err get_user(struct ctx *unused, const struct http_request *req,
                           struct http_response *res)
{
    (void)unused;
    if (strcmp(req->param[0], ADA) != 0)
        return (struct err){ERR_INVALID, "the path is wrong"};
    res->body = answer_body;
    return answer_err;
}

static int setup(void **state)
{
    static const struct http_route routes[] = {
        {"GET", "/internal/users/*", HTTP_INTERNAL, DB_READ, false, get_user},
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

static struct err find(struct err err, const char *body, struct contact *out)
{
    answer_err = err;
    answer_body = body;
    return peers_find_contact(&ctx, ADA, out);
}

static void a_user_has_an_address_and_a_name(void **state)
{
    struct contact c;

    (void)state;
    assert_int_equal(find(OK,
                          "{\"id\":\"" ADA "\",\"email\":\"ada@example.org\",\"name\":\"Ada\","
                          "\"role\":\"customer\",\"new_member\":1}",
                          &c)
                         .code,
                     ERR_OK);
    assert_string_equal(c.email, "ada@example.org");
    assert_string_equal(c.name, "Ada");
}

static void who_is_not_there_is_not_found(void **state)
{
    struct contact c;
    struct err err = find((struct err){ERR_NOT_FOUND, "no"}, NULL, &c);

    (void)state;
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.msg, "there is no user " ADA);
}

static void any_other_answer_is_an_outage(void **state)
{
    static const struct err refusals[] = {
        {ERR_INVALID,     "400"},
        {ERR_FORBIDDEN,   "403"},
        {ERR_UNAVAILABLE, "503"}
    };
    static const char *const bodies[] = {"{}", "[]", "{\"email\":7,\"name\":\"A\"}",
                                         "{\"email\":\"\",\"name\":\"A\"}"};
    struct contact c;

    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        assert_int_equal(find(refusals[i], NULL, &c).code, ERR_UNAVAILABLE);
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
        assert_int_equal(find(OK, bodies[i], &c).code, ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_has_an_address_and_a_name),
        cmocka_unit_test(who_is_not_there_is_not_found),
        cmocka_unit_test(any_other_answer_is_an_outage),
    };

    log_init("test", "test", "error"); /* its outages are meant to be */
    return cmocka_run_group_tests_name("notification peers", tests, setup, teardown);
}
