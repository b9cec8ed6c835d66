/* test_http_request.c - how requests are read, good and bad: target, body, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "thing_app.h"

/* --- the request target --------------------------------------------------- */

static void path_segments_are_decoded(void **state)
{
    static const struct {
        const char *target, *first, *second;
    } cases[] = {
        {"/things/a",              "a",        NULL },
        {"/things/a%20b+c",        "a b+c",    NULL },
        {"/things/%2Fetc%2f",      "/etc/",    NULL },
        {"/things/%C3%A4",         "\xc3\xa4", NULL },
        {"/%74hings/x",            "x",        NULL },
        {"/things/x/of/%25%32%30", "x",        "%20"},
        {"/things/*/of/..",        "*",        ".." },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct web_reply r = thing_get(cases[i].target);
        const char *second = thing_member(&r, "second");

        assert_string_equal(thing_member(&r, "first"), cases[i].first);
        assert_string_equal(second ? second : "-", cases[i].second ? cases[i].second : "-");
    }
}

static void the_first_route_that_fits_is_taken(void **state)
{
    (void)state;
    assert_int_equal(thing_get("/things/mine").status, 204);
    assert_int_equal(thing_get("/things/yours").status, 200);
}

static void query_parameters_are_decoded_and_the_first_one_wins(void **state)
{
    struct web_reply r = thing_get("/things?x=1&q=a%26b+%2B&q=second&empty=&&y");

    (void)state;
    assert_string_equal(thing_member(&r, "q"), "a&b +");
    assert_string_equal(thing_member(&r, "empty"), "");
    r = thing_get("/things?q&empty");
    assert_string_equal(thing_member(&r, "q"), "");
    r = thing_get("/things?Q=1");
    assert_null(thing_member(&r, "q"));
    r = thing_get("/things?q=a=b");
    assert_string_equal(thing_member(&r, "q"), "a=b");
}

static void headers_are_found_in_any_case(void **state)
{
    struct web_reply r =
        web_request(thing.arena, thing.port, "GET", "/things", "x-THING: a b\r\n", NULL);

    (void)state;
    assert_string_equal(thing_member(&r, "header"), "a b");
    r = thing_get("/things");
    assert_null(thing_member(&r, "header"));
}

static void a_broken_target_is_400(void **state)
{
    static const char *const targets[] = {
        "/things/%",        "/things/%4",           "/things/%zz",
        "/things/%00",      "/things/%ff",          "/things/%C3",
        "/things/%C0%AF",   "/things/%ED%A0%80",    "/things?q=%",
        "/things?q=%00",    "/things?%ff=1",        "/things?x=1&q=%C3%28",
        "/things/\xc3\xa4", "/things/%F5%80%80%80", "*"};

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct web_reply r = thing_get(targets[i]);

        if (r.status != 400)
            fail_msg("%s is answered %d", targets[i], r.status);
        assert_non_null(web_problem(thing.arena, &r, "detail"));
    }
}

/* --- bodies --------------------------------------------------------------- */

static void a_body_must_be_json(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } cases[] = {
        {"Content-Type: application/json\r\n",                  201},
        {"Content-Type: application/json; charset=utf-8\r\n",   201},
        {"Content-Type: Application/JSON\r\n",                  201},
        {"",                                                    415},
        {"Content-Type: text/plain\r\n",                        415},
        {"Content-Type: application/jsonp\r\n",                 415},
        {"Content-Type: application/x-www-form-urlencoded\r\n", 415},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(thing_post(cases[i].headers, "{\"name\":\"a\"}").status, cases[i].status);
}

static const char *filler(size_t len)
{
    char *text = arena_alloc(thing.arena, len + 1);

    memset(text, 'x', len);
    return text;
}

static void a_body_is_bounded_by_what_it_declares(void **state)
{
    struct web_reply r =
        web_request(thing.arena, thing.port, "PUT", "/echo", JSON, filler(APP_MAX_BODY));
    int fd = web_connect(thing.port);
    static const char request[] = "PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Type: "
                                  "application/json\r\nContent-Length: 1001\r\n\r\n";

    (void)state;
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "\"body_len\":1000"));
    web_write(fd, request, strlen(request)); /* answered before a byte of it was sent */
    r = web_read(thing.arena, fd, false);
    assert_thing_problem(&r, 413, "a body is at most 1000 bytes");
    close(fd);
    r = web_request(thing.arena, thing.port, "PUT", "/echo",
                    "Content-Length: 99999999999999999999999\r\n", NULL);
    assert_true(r.status == 413 || r.status == 400);
}

static const char *chunks(size_t n, size_t len)
{
    const char *text = "PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n";

    for (size_t i = 0; i < n; i++)
        text = arena_printf(thing.arena, "%s%zx\r\n%s\r\n", text, len, filler(len));
    return arena_printf(thing.arena, "%s0\r\n\r\n", text);
}

static void a_body_in_chunks_is_bounded_as_it_comes(void **state)
{
    static const struct {
        size_t n, len;
        int status;
    } cases[] = {
        {1,    1,    200},
        {10,   100,  200},
        {1000, 1,    200},
        {1001, 1,    413},
        {11,   100,  413},
        {1,    5000, 413}
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *request = chunks(cases[i].n, cases[i].len);
        int fd = web_connect(thing.port);
        struct web_reply r;

        web_write(fd, request, strlen(request));
        r = web_read(thing.arena, fd, false);
        assert_int_equal(r.status, cases[i].status);
        if (r.status == 200)
            assert_non_null(strstr(
                r.body, arena_printf(thing.arena, "\"body_len\":%zu", cases[i].n * cases[i].len)));
        close(fd);
    }
}

static void an_endless_body_is_hung_up_on(void **state)
{
    const char *request = chunks(20, 1000);
    int fd = web_connect(thing.port);

    (void)state;
    web_write(fd, request, strlen(request));
    assert_int_equal(web_read(thing.arena, fd, false).status, 0);
    close(fd);
    assert_int_equal(thing_get("/livez").status, 200);
}

/* What another reader could take for another request, or for two. */
static void ambiguous_framing_is_refused_and_hung_up_on(void **state)
{
    static const char *const cases[][2] = {
        {"Host: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", "more than once"},
        {"Host: t\r\nContent-Length: 3\r\nContent-Length: 3\r\n",          "more than once"},
        {"Host: t\r\nTransfer-Encoding: identity\r\n",                     "chunked"       },
        {"Host: t\r\nContent-Length : 3\r\n",                              "colon"         },
        {"Host: t\r\nContent-Type: text/plain\r\n",                        "twice"         },
        {"Host: t\r\nAuthorization: a\r\nAuthorization: b\r\n",            "twice"         },
        {"Host: t\r\nIdempotency-Key: a\r\nidempotency-key: a\r\n",        "twice"         },
        {"Host: t\r\nHost: u\r\n",                                         "twice"         },
        {"Content-Length: 3\r\n",                                          "Host"          },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = web_connect(thing.port);
        const char *request = arena_printf(
            thing.arena, "POST /things HTTP/1.1\r\n" JSON "%s\r\nGET /things/mine HTTP/1.1\r\n\r\n",
            cases[i][0]);
        struct web_reply r;

        web_write(fd, request, strlen(request));
        r = web_read(thing.arena, fd, false);
        assert_int_equal(r.status, 400);
        assert_non_null(strstr(web_problem(thing.arena, &r, "detail"), cases[i][1]));
        assert_true(web_closed(fd));
        close(fd);
    }
}

/* As large as the gateway lets one through. */
static void a_header_of_eight_kilobytes_is_read(void **state)
{
    const char *line = arena_printf(thing.arena, "X-Big: %s\r\n", filler(8000));

    (void)state;
    assert_int_equal(web_request(thing.arena, thing.port, "GET", "/livez", line, NULL).status, 200);
}

static void headers_are_bounded(void **state)
{
    const char *line = arena_printf(thing.arena, "X-Big: %s\r\n", filler(40000));

    (void)state;
    assert_int_equal(web_request(thing.arena, thing.port, "GET", "/things", line, NULL).status,
                     431);
    assert_int_equal(thing_get("/livez").status, 200);
}

static void a_request_that_is_cut_off_harms_nobody(void **state)
{
    static const char *const starts[] = {
        "G", "GET /things HTTP/1.1\r\nHost: t\r\n", "GET /things HTTP/1.1\r\nHost: t\r\n\r\n",
        "PUT /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\nabc",
        "\x16\x03\x01 what?\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        int fd = web_connect(thing.port);

        web_write(fd, starts[i], strlen(starts[i]));
        close(fd);
    }
    assert_int_equal(thing_get("/things").status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path_segments_are_decoded),
        cmocka_unit_test(the_first_route_that_fits_is_taken),
        cmocka_unit_test(query_parameters_are_decoded_and_the_first_one_wins),
        cmocka_unit_test(headers_are_found_in_any_case),
        cmocka_unit_test(a_broken_target_is_400),
        cmocka_unit_test(a_body_must_be_json),
        cmocka_unit_test(a_body_is_bounded_by_what_it_declares),
        cmocka_unit_test(a_body_in_chunks_is_bounded_as_it_comes),
        cmocka_unit_test(an_endless_body_is_hung_up_on),
        cmocka_unit_test(ambiguous_framing_is_refused_and_hung_up_on),
        cmocka_unit_test(a_header_of_eight_kilobytes_is_read),
        cmocka_unit_test(headers_are_bounded),
        cmocka_unit_test(a_request_that_is_cut_off_harms_nobody),
    };

    return cmocka_run_group_tests(tests, app_start, app_stop);
}
