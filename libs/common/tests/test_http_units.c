/* test_http_units.c - what the HTTP server puts around a handler: the caller's rights,
 * the transaction, the Idempotency-Key. With a real database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "http.h"
#include "idempotency.h"
#include "json_in.h"
#include "keys.h"
#include "testing.h"
#include "web.h"

#define ALICE "018f3c1e-7a10-7abc-8def-0123456789ab"
#define BOB   "018f3c1e-7a10-7abc-8def-0123456789ac"
#define JSON  "Content-Type: application/json\r\n"

static struct testing *testing;
static struct arena *arena;
static struct auth *auth;
static struct http_server *server;
static uint16_t port;
static const char *alice, *bob, *admin, *foreigner; /* headers with their tokens */

/* The handler of "/notes/slow" waits here. */
static atomic_int waiting;
static atomic_bool gate_open;

/* Of the request that overtakes the one to "/notes/late". */
static char rival_fingerprint[65];

/* --- a small application: notes in a table --------------------------------------------- */

static struct err add_note(struct ctx *ctx, const struct http_request *req,
                           struct http_response *res)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    const char *text = json_in_str(&in, "text", 1, 100);
    struct db_rows rows;
    struct err err = json_in_done_strict(&in);

    if (err.code)
        return err;
    err = db_exec(ctx, &rows, "INSERT INTO note (owner, text) VALUES ($1, $2) RETURNING id",
                  req->caller.user_id, text);
    if (err.code)
        return err;
    if (strcmp(text, "odd") == 0)
        return err_new(ctx->arena, ERR_UNPROCESSABLE, "an odd note");
    if (strcmp(text, "taken") == 0)
        return err_new(ctx->arena, ERR_CONFLICT, "taken");
    res->status = strcmp(text, "declined") == 0 ? 402 : 201;
    res->location = arena_printf(ctx->arena, "/notes/%s", db_str(&rows, 0, 0));
    res->body = arena_printf(ctx->arena, "{\"id\":%s}", db_str(&rows, 0, 0));
    return OK;
}

static struct err add_slow_note(struct ctx *ctx, const struct http_request *req,
                                struct http_response *res)
{
    atomic_fetch_add(&waiting, 1);
    wait_until(atomic_load(&gate_open));
    return add_note(ctx, req, res);
}

/* While this handler runs, the same request commits elsewhere under the same key: as if
 * its lock had been lost with a broken connection. Once only. */
static struct err add_note_too_late(struct ctx *ctx, const struct http_request *req,
                                    struct http_response *res)
{
    struct idempotency key = {.caller = ALICE, .key = "late"};
    struct ctx other = testing_ctx_open(testing);
    struct err err;

    memcpy(key.fingerprint, rival_fingerprint, sizeof(key.fingerprint));
    err = idempotency_store(&other, &key,
                            &(struct stored_answer){.status = 201, .body = "{\"id\":\"theirs\"}"});
    testing_ctx_close(&other);
    return err.code ? err : add_note(ctx, req, res);
}

static struct err who(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    res->body = arena_printf(ctx->arena, "{\"user\":\"%s\",\"role\":\"%s\"}", req->caller.user_id,
                             role_name(req->caller.role));
    return OK;
}

static const struct http_route routes[] = {
    {"POST", "/notes",        HTTP_USER,     DB_WRITE, true,  add_note         },
    {"POST", "/notes/slow",   HTTP_USER,     DB_WRITE, true,  add_slow_note    },
    {"POST", "/notes/late",   HTTP_USER,     DB_WRITE, true,  add_note_too_late},
    {"POST", "/plain",        HTTP_USER,     DB_WRITE, false, add_note         },
    {"GET",  "/public",       HTTP_PUBLIC,   DB_READ,  false, who              },
    {"GET",  "/internal/who", HTTP_INTERNAL, DB_READ,  false, who              },
    {"GET",  "/me",           HTTP_USER,     DB_READ,  false, who              },
    {"GET",  "/admin",        HTTP_ADMIN,    DB_READ,  false, who              },
};

static const char *bearer(const char *private_pem, const char *user, enum role role)
{
    const struct principal p = {user, role};
    const char *token = NULL;

    assert_int_equal(auth_sign(arena, private_pem, &p, 600, &token).code, OK.code);
    return arena_printf(arena, "Authorization: Bearer %s\r\n" JSON, token);
}

static int begin(void **state)
{
    struct http_options opt = {
        .address = "127.0.0.1",
        .workers = 4,
        .queue_limit = 64,
        .max_connections = 64,
        .idle_timeout_s = 20,
        .max_body = 4096,
        .routes = routes,
        .nroutes = sizeof(routes) / sizeof(routes[0]),
    };
    struct key_pair keys;
    struct db_rows rows;

    (void)state;
    testing = testing_open_common();
    arena = arena_new();
    keys = key_pair_new(arena, "P-256");
    alice = bearer(keys.private_pem, ALICE, ROLE_CUSTOMER);
    bob = bearer(keys.private_pem, BOB, ROLE_CUSTOMER);
    admin = bearer(keys.private_pem, ALICE, ROLE_ADMIN);
    foreigner = bearer(key_pair_new(arena, "P-256").private_pem, ALICE, ROLE_ADMIN);
    if (db_exec(&testing->ctx, &rows,
                "CREATE TABLE note (id int GENERATED ALWAYS AS IDENTITY, owner text, text text)")
            .code ||
        auth_open(arena, keys.public_pem, &auth).code)
        return -1;
    opt.db = testing->db;
    opt.auth = auth;
    if (http_start(arena, &opt, &server).code)
        return -1;
    port = http_port(server);
    return 0;
}

static int end(void **state)
{
    (void)state;
    http_stop(server);
    auth_close(auth);
    arena_free(arena);
    testing_close(testing);
    return 0;
}

static int clean(void **state)
{
    struct db_rows rows;

    (void)state;
    atomic_store(&waiting, 0);
    atomic_store(&gate_open, false);
    return db_exec(&testing->ctx, &rows, "TRUNCATE note, idempotency").code;
}

static struct web_reply post(const char *target, const char *headers, const char *key,
                             const char *text)
{
    const char *all =
        key ? arena_printf(arena, "%sIdempotency-Key: %s\r\n", headers, key) : headers;

    return web_request(arena, port, "POST", target, all,
                       arena_printf(arena, "{\"text\":\"%s\"}", text));
}

static int64_t notes(void)
{
    struct db_rows rows;

    assert_int_equal(db_exec(&testing->ctx, &rows, "SELECT count(*) FROM note").code, OK.code);
    return db_int(&rows, 0, 0);
}

static const char *replayed(const struct web_reply *r)
{
    return web_header(arena, r, "Idempotent-Replayed");
}

/* --- rights ------------------------------------------------------------------------------- */

static void a_token_tells_the_handler_who_calls(void **state)
{
    struct web_reply r = web_request(arena, port, "GET", "/me", alice, NULL);

    (void)state;
    assert_int_equal(r.status, 200);
    assert_string_equal(r.body, "{\"user\":\"" ALICE "\",\"role\":\"customer\"}");
    r = web_request(arena, port, "GET", "/admin", admin, NULL);
    assert_string_equal(r.body, "{\"user\":\"" ALICE "\",\"role\":\"admin\"}");
}

static void a_public_or_internal_route_has_no_caller(void **state)
{
    static const char nobody[] = "{\"user\":\"\",\"role\":\"none\"}";

    (void)state;
    assert_string_equal(web_get(arena, port, "/public").body, nobody);
    assert_string_equal(web_get(arena, port, "/internal/who").body, nobody);
    assert_string_equal(web_request(arena, port, "GET", "/public", alice, NULL).body, nobody);
}

static void without_a_token_it_is_401(void **state)
{
    static const char *const headers[] = {"", "Authorization: Basic YTpi\r\n",
                                          "Authorization: Bearer\r\n", "Authorization: \r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct web_reply r = web_request(arena, port, "GET", "/me", headers[i], NULL);

        assert_int_equal(r.status, 401);
        assert_string_equal(web_problem(arena, &r, "detail"), "an access token is needed");
        assert_string_equal(web_header(arena, &r, "WWW-Authenticate"), "Bearer");
    }
}

static void with_a_bad_token_it_is_401(void **state)
{
    const char *const headers[] = {foreigner, "Authorization: Bearer x\r\n",
                                   "Authorization: Bearer a.b.c\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct web_reply r = web_request(arena, port, "GET", "/admin", headers[i], NULL);

        assert_int_equal(r.status, 401);
        assert_string_equal(web_header(arena, &r, "WWW-Authenticate"),
                            "Bearer error=\"invalid_token\"");
    }
}

static void the_scheme_is_read_in_any_case(void **state)
{
    char *header = arena_strdup(arena, alice);

    (void)state;
    memcpy(strstr(header, "Bearer"), "bEARER", 6);
    assert_int_equal(web_request(arena, port, "GET", "/me", header, NULL).status, 200);
}

static void a_customer_is_no_administrator(void **state)
{
    struct web_reply r = web_request(arena, port, "GET", "/admin", alice, NULL);

    (void)state;
    assert_int_equal(r.status, 403);
    assert_string_equal(web_problem(arena, &r, "detail"), "only an administrator may do this");
}

static void a_refused_caller_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(post("/plain", JSON, NULL, "a").status, 401);
    assert_int_equal(post("/notes", foreigner, "k", "a").status, 401);
    assert_int_equal(notes(), 0);
}

/* --- the unit of work ------------------------------------------------------------------------ */

static void an_answer_commits_and_an_error_does_not(void **state)
{
    (void)state;
    assert_int_equal(post("/plain", alice, NULL, "a").status, 201);
    assert_int_equal(notes(), 1);
    assert_int_equal(post("/plain", alice, NULL, "odd").status, 422);
    assert_int_equal(notes(), 1);
}

/* --- the Idempotency-Key ------------------------------------------------------------------------
 */

static void a_key_is_optional(void **state)
{
    (void)state;
    assert_int_equal(post("/notes", alice, NULL, "a").status, 201);
    assert_int_equal(post("/notes", alice, NULL, "a").status, 201);
    assert_int_equal(notes(), 2);
}

static void a_repeated_request_gets_the_first_answer(void **state)
{
    struct web_reply first = post("/notes", alice, "k", "a"),
                     again = post("/notes", alice, "k", "a");

    (void)state;
    assert_int_equal(first.status, 201);
    assert_null(replayed(&first));
    assert_int_equal(again.status, 201);
    assert_string_equal(replayed(&again), "true");
    assert_string_equal(again.body, first.body);
    assert_string_equal(web_header(arena, &again, "Location"),
                        web_header(arena, &first, "Location"));
    assert_int_equal(notes(), 1);
}

static void a_key_with_another_request_is_422(void **state)
{
    (void)state;
    assert_int_equal(post("/notes", alice, "k", "a").status, 201);
    assert_int_equal(post("/notes", alice, "k", "b").status, 422);
    assert_int_equal(notes(), 1);
}

static void a_key_belongs_to_its_caller(void **state)
{
    struct web_reply r;

    (void)state;
    assert_int_equal(post("/notes", alice, "k", "a").status, 201);
    r = post("/notes", bob, "k", "a");
    assert_int_equal(r.status, 201);
    assert_null(replayed(&r));
    assert_int_equal(notes(), 2);
}

static void a_route_that_takes_no_key_ignores_it(void **state)
{
    struct web_reply r;

    (void)state;
    assert_int_equal(post("/plain", alice, "k", "a").status, 201);
    r = post("/plain", alice, "k", "a");
    assert_null(replayed(&r));
    assert_int_equal(notes(), 2);
}

static void only_success_is_remembered(void **state)
{
    struct web_reply r;

    (void)state;
    assert_int_equal(post("/notes", alice, "k", "odd").status, 422);
    r = post("/notes", alice, "k", "odd");
    assert_int_equal(r.status, 422);
    assert_string_equal(web_problem(arena, &r, "detail"), "an odd note");
    assert_int_equal(post("/notes", alice, "k", "taken").status, 409);
    assert_int_equal(post("/notes", alice, "k", "declined").status, 402);
    assert_int_equal(post("/notes", alice, "k", "b").status, 201);
}

static void a_key_that_is_none_is_400(void **state)
{
    struct web_reply r = post("/notes", alice, "", "a");

    (void)state;
    assert_int_equal(r.status, 400);
    r = post("/notes", alice, arena_printf(arena, "%0256d", 1), "a");
    assert_int_equal(r.status, 400);
    assert_int_equal(notes(), 0);
}

static void *post_slowly(void *arg)
{
    struct arena *a = arena_new();
    struct web_reply r =
        web_request(a, port, "POST", "/notes/slow",
                    arena_printf(a, "%sIdempotency-Key: race\r\n", alice), "{\"text\":\"a\"}");

    *(int *)arg = r.status;
    arena_free(a);
    return NULL;
}

static void a_key_in_use_is_409_until_its_request_is_over(void **state)
{
    struct web_reply again;
    pthread_t thread;
    int status = 0;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, post_slowly, &status), 0);
    wait_until(atomic_load(&waiting) == 1);
    assert_int_equal(post("/notes/slow", alice, "race", "a").status, 409);
    atomic_store(&gate_open, true);
    pthread_join(thread, NULL);
    assert_int_equal(status, 201);
    again = post("/notes/slow", alice, "race", "a");
    assert_string_equal(replayed(&again), "true");
    assert_int_equal(notes(), 1);
}

static void fingerprint_of(const char *body, char out[65])
{
    struct ctx ctx = testing_ctx_open(testing);
    struct stored_answer stored;
    struct idempotency key;

    assert_int_equal(idempotency_begin(&ctx, &key, BOB, "any", "POST", "/notes/late", body,
                                       strlen(body), &stored)
                         .code,
                     OK.code);
    memcpy(out, key.fingerprint, 65);
    idempotency_end(&ctx, &key);
    testing_ctx_close(&ctx);
}

static void an_answer_that_comes_second_is_undone_and_the_first_one_given(void **state)
{
    struct web_reply r;

    (void)state;
    fingerprint_of("{\"text\":\"x\"}", rival_fingerprint);
    r = post("/notes/late", alice, "late", "x");
    assert_int_equal(r.status, 201);
    assert_string_equal(r.body, "{\"id\":\"theirs\"}");
    assert_string_equal(replayed(&r), "true");
    assert_int_equal(notes(), 0);
}

static void an_answer_that_comes_second_to_another_request_is_422(void **state)
{
    (void)state;
    fingerprint_of("{\"text\":\"y\"}", rival_fingerprint);
    assert_int_equal(post("/notes/late", alice, "late", "x").status, 422);
    assert_int_equal(notes(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_tells_the_handler_who_calls),
        TEST(a_public_or_internal_route_has_no_caller),
        TEST(without_a_token_it_is_401),
        TEST(with_a_bad_token_it_is_401),
        TEST(the_scheme_is_read_in_any_case),
        TEST(a_customer_is_no_administrator),
        TEST(a_refused_caller_changes_nothing),
        TEST(an_answer_commits_and_an_error_does_not),
        TEST(a_key_is_optional),
        TEST(a_repeated_request_gets_the_first_answer),
        TEST(a_key_with_another_request_is_422),
        TEST(a_key_belongs_to_its_caller),
        TEST(a_route_that_takes_no_key_ignores_it),
        TEST(only_success_is_remembered),
        TEST(a_key_that_is_none_is_400),
        TEST(a_key_in_use_is_409_until_its_request_is_over),
        TEST(an_answer_that_comes_second_is_undone_and_the_first_one_given),
        TEST(an_answer_that_comes_second_to_another_request_is_422),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
