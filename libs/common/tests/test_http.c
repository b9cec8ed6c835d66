/* test_http.c - what the HTTP server answers, and what it says of itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "health.h"
#include "http.h"
#include "id.h"
#include "thing_app.h"

/* --- answers -------------------------------------------------------------- */

static void an_answer_is_json_that_nobody_stores(void **state)
{
    struct web_reply r = thing_get("/things/a");

    (void)state;
    assert_int_equal(r.status, 200);
    assert_string_equal(web_header(thing.arena, &r, "Content-Type"), "application/json");
    assert_string_equal(web_header(thing.arena, &r, "Cache-Control"), "no-store");
    assert_null(web_header(thing.arena, &r, "Location"));
    assert_null(web_header(thing.arena, &r, "Retry-After"));
}

static void what_was_created_has_a_location(void **state)
{
    struct web_reply r = thing_post(JSON, "{\"name\":\"a\"}");

    (void)state;
    assert_int_equal(r.status, 201);
    assert_string_equal(web_header(thing.arena, &r, "Location"), "/things/a");
}

static void an_answer_may_have_no_body(void **state)
{
    struct web_reply r = web_request(thing.arena, thing.port, "DELETE", "/things/a", "", NULL);

    (void)state;
    assert_int_equal(r.status, 204);
    assert_null(web_header(thing.arena, &r, "Content-Type"));
}

static void head_is_answered_like_get_without_the_body(void **state)
{
    struct web_reply r = web_request(thing.arena, thing.port, "HEAD", "/things/a", "", NULL);

    (void)state;
    assert_int_equal(r.status, 200);
    assert_string_equal(web_header(thing.arena, &r, "Content-Length"),
                        arena_printf(thing.arena, "%zu", thing_get("/things/a").body_len));
    assert_int_equal(web_request(thing.arena, thing.port, "HEAD", "/livez", "", NULL).status, 200);
}

static void a_connection_serves_many_requests(void **state)
{
    static const char requests[] =
        "GET /things/a HTTP/1.1\r\nHost: t\r\n\r\n"
        "POST /nowhere HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"
        "POST /things HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc"
        "GET /livez HTTP/1.1\r\nHost: t\r\n\r\n";
    static const int statuses[] = {200, 404, 415, 200};
    int fd = web_connect(thing.port);

    (void)state;
    web_write(fd, requests, strlen(requests));
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        assert_int_equal(web_read(thing.arena, fd, false).status, statuses[i]);
    close(fd);
}

static void a_request_id_is_kept_when_sane_and_made_otherwise(void **state)
{
    static const char *const odd[] = {"", "a b", "a\"b", "<script>", "a/b", "\xc3\xa4"};
    struct web_reply r;
    char *line;

    (void)state;
    r = web_request(thing.arena, thing.port, "GET", "/nowhere", "X-Request-ID: Req-1._x\r\n", NULL);
    assert_string_equal(web_header(thing.arena, &r, "X-Request-ID"), "Req-1._x");
    assert_string_equal(web_problem(thing.arena, &r, "request_id"), "Req-1._x");
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        line = arena_printf(thing.arena, "X-Request-ID: %s\r\n", odd[i]);
        r = web_request(thing.arena, thing.port, "GET", "/things", line, NULL);
        assert_true(id_valid(web_header(thing.arena, &r, "X-Request-ID")));
    }
    line = arena_printf(thing.arena, "X-Request-ID: %065d\r\n", 0);
    r = web_request(thing.arena, thing.port, "GET", "/livez", line, NULL);
    assert_true(id_valid(web_header(thing.arena, &r, "X-Request-ID")));
}

/* --- errors --------------------------------------------------------------- */

static void errors_have_their_status(void **state)
{
    static const struct {
        enum err_code code;
        int status;
        const char *detail;
    } cases[] = {
        {ERR_INVALID,         400, "the \"reason\""                                                },
        {ERR_UNAUTHENTICATED, 401, "the \"reason\""                                                },
        {ERR_FORBIDDEN,       403, "the \"reason\""                                                },
        {ERR_NOT_FOUND,       404, "the \"reason\""                                                },
        {ERR_CONFLICT,        409, "the \"reason\""                                                },
        {ERR_UNPROCESSABLE,   422, "the \"reason\""                                                },
        {ERR_UNAVAILABLE,     503, "the \"reason\""                                                },
        {ERR_INTERNAL,        500, "something went wrong here; it was logged under this request_id"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *target = arena_printf(thing.arena, "/fail/%d", cases[i].code);
        struct web_reply r = thing_get(target);

        assert_thing_problem(&r, cases[i].status, cases[i].detail);
        assert_string_equal(web_problem(thing.arena, &r, "instance"), target);
        if (r.status == 503)
            assert_string_equal(web_header(thing.arena, &r, "Retry-After"), "2");
        if (r.status == 401)
            assert_string_equal(web_header(thing.arena, &r, "WWW-Authenticate"), "Bearer");
    }
}

static void an_unknown_path_is_404(void **state)
{
    static const char *const targets[] = {"/",
                                          "/nowhere",
                                          "/things/",
                                          "/things/a/",
                                          "/things/a/of",
                                          "/things//of/b",
                                          "//things",
                                          "/things/a/of/b/c",
                                          "/thing",
                                          "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u"};

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct web_reply r = thing_get(targets[i]);

        assert_thing_problem(&r, 404, "there is nothing at this path");
    }
}

static void another_method_is_405_and_told_what_is_allowed(void **state)
{
    struct web_reply r = web_request(thing.arena, thing.port, "PATCH", "/things/a", "", NULL);

    (void)state;
    assert_thing_problem(&r, 405, "this path takes GET, HEAD, DELETE");
    assert_string_equal(web_header(thing.arena, &r, "Allow"), "GET, HEAD, DELETE");
    r = web_request(thing.arena, thing.port, "DELETE", "/things", "", NULL);
    assert_thing_problem(&r, 405, "this path takes GET, HEAD, POST");
    r = web_request(thing.arena, thing.port, "POST", "/readyz", "", NULL);
    assert_thing_problem(&r, 405, "this path takes GET and HEAD");
    assert_string_equal(web_header(thing.arena, &r, "Allow"), "GET, HEAD");
}

static void what_a_handler_finds_wrong_is_400(void **state)
{
    struct web_reply r = thing_post(JSON, "{\"name\":\"a\"} and more");

    (void)state;
    assert_int_equal(r.status, 400);
    r = thing_post(JSON, "{\"name\":\"a\",\"size\":1}");
    assert_int_equal(r.status, 400);
    r = thing_post(JSON, "{\"name\":1}");
    assert_int_equal(r.status, 400);
    r = thing_post("", NULL);
    assert_int_equal(r.status, 400);
}

/* --- what the server answers by itself ------------------------------------ */

static void readiness_is_told_with_its_checks(void **state)
{
    struct health_check *check = health_check("test", HEALTH_NEEDED);
    struct web_reply r = thing_get("/readyz");

    (void)state;
    assert_int_equal(r.status, 503);
    assert_non_null(strstr(r.body, "\"test\":\"failing\""));
    health_set(check, true);
    assert_int_equal(thing_get("/readyz").status, 200);
    health_set_serving(false);
    assert_int_equal(thing_get("/readyz").status, 503);
    assert_int_equal(thing_get("/livez").status, 200);
    health_set_serving(true);
}

static void requests_are_counted_by_route_and_kind_of_answer(void **state)
{
    struct web_reply r;

    (void)state;
    thing_get("/fail/1");
    thing_get("/nowhere/at/all");
    r = thing_get("/metrics");
    assert_int_equal(r.status, 200);
    assert_string_equal(web_header(thing.arena, &r, "Content-Type"),
                        "text/plain; version=0.0.4; charset=utf-8");
    assert_null(strstr(r.body, "waybill_http_requests_total{route=\"/fail/*\",method=\"GET\","
                               "status=\"4xx\"} 0\n"));
    assert_non_null(strstr(r.body, "waybill_http_requests_total{route=\"/fail/*\",method=\"GET\","
                                   "status=\"4xx\"} "));
    assert_non_null(strstr(r.body, "waybill_http_requests_total{route=\"none\",method=\"any\","
                                   "status=\"4xx\"} "));
    assert_non_null(
        strstr(r.body, "waybill_http_request_duration_seconds_count{route=\"/fail/*\""));
    assert_non_null(strstr(r.body, "waybill_http_requests_in_flight 0\n"));
    assert_null(strstr(r.body, "nowhere"));
}

/* --- starting ------------------------------------------------------------------------------------
 */

static void a_port_in_use_is_named(void **state)
{
    struct http_options opt = {.address = "127.0.0.1", .port = thing.port, .workers = 1};
    struct http_server *second;
    struct err err = http_start(thing.arena, &opt, &second);

    (void)state;
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.msg, arena_printf(thing.arena,
                                              "cannot listen on 127.0.0.1 port %u: Address already "
                                              "in use",
                                              thing.port));
    opt.address = "nowhere.example";
    assert_int_equal(http_start(thing.arena, &opt, &second).code, ERR_INVALID);
}

static void a_route_that_needs_a_token_needs_a_key(void **state)
{
    static const struct http_route secret = {"GET", "/s", HTTP_USER, DB_READ, false, NULL};
    struct http_options opt = {
        .address = "127.0.0.1", .workers = 1, .routes = &secret, .nroutes = 1};
    struct http_server *second;

    (void)state;
    assert_int_equal(http_start(thing.arena, &opt, &second).code, ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_json_that_nobody_stores),
        cmocka_unit_test(what_was_created_has_a_location),
        cmocka_unit_test(an_answer_may_have_no_body),
        cmocka_unit_test(head_is_answered_like_get_without_the_body),
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(a_request_id_is_kept_when_sane_and_made_otherwise),
        cmocka_unit_test(errors_have_their_status),
        cmocka_unit_test(an_unknown_path_is_404),
        cmocka_unit_test(another_method_is_405_and_told_what_is_allowed),
        cmocka_unit_test(what_a_handler_finds_wrong_is_400),
        cmocka_unit_test(readiness_is_told_with_its_checks),
        cmocka_unit_test(requests_are_counted_by_route_and_kind_of_answer),
        cmocka_unit_test(a_port_in_use_is_named),
        cmocka_unit_test(a_route_that_needs_a_token_needs_a_key),
    };

    return cmocka_run_group_tests(tests, app_start, app_stop);
}
