/* thing_app.c - a small application for tests of the HTTP server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "thing_app.h"

#include <stdlib.h>

#include "arena.h"
#include "http.h"
#include "json_in.h"
#include "json_out.h"

struct thing_app thing;
static struct http_server *server;

static struct err echo(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    struct json_out j = json_out_new(ctx->arena);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "first", req->param[0]);
    json_out_str(&j, "second", req->param[1]);
    json_out_str(&j, "q", http_query(req, "q"));
    json_out_str(&j, "empty", http_query(req, "empty"));
    json_out_str(&j, "header", http_header(req, "X-Thing"));
    json_out_int(&j, "body_len", (int64_t)req->body_len);
    json_out_close(&j, '}');
    res->body = json_out_text(&j);
    return OK;
}

static struct err create(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    struct json_in in = json_in_parse(ctx->arena, req->body, req->body_len);
    const char *name = json_in_str(&in, "name", 1, 10);
    struct err err = json_in_done_strict(&in);

    if (err.code)
        return err;
    res->status = 201;
    res->location = arena_printf(ctx->arena, "/things/%s", name);
    res->body = "{}";
    return OK;
}

static struct err drop(struct ctx *ctx, const struct http_request *req, struct http_response *res)
{
    (void)ctx, (void)req;
    res->status = 204;
    return OK;
}

static struct err fail_with(struct ctx *ctx, const struct http_request *req,
                            struct http_response *res)
{
    (void)res;
    return err_new(ctx->arena, (enum err_code)strtol(req->param[0], NULL, 10), "the \"reason\"");
}

static const struct http_route routes[] = {
    {"GET",    "/things/mine",   HTTP_PUBLIC, DB_READ, false, drop     },
    {"GET",    "/things/*",      HTTP_PUBLIC, DB_READ, false, echo     },
    {"GET",    "/things/*/of/*", HTTP_PUBLIC, DB_READ, false, echo     },
    {"GET",    "/things",        HTTP_PUBLIC, DB_READ, false, echo     },
    {"POST",   "/things",        HTTP_PUBLIC, DB_READ, false, create   },
    {"PUT",    "/echo",          HTTP_PUBLIC, DB_READ, false, echo     },
    {"DELETE", "/things/*",      HTTP_PUBLIC, DB_READ, false, drop     },
    {"GET",    "/fail/*",        HTTP_PUBLIC, DB_READ, false, fail_with},
};

int app_start(void **state)
{
    const struct http_options opt = {
        .address = "127.0.0.1",
        .workers = 2,
        .queue_limit = 16,
        .max_connections = 32,
        .idle_timeout_s = 20,
        .max_body = APP_MAX_BODY,
        .routes = routes,
        .nroutes = sizeof(routes) / sizeof(routes[0]),
    };

    (void)state;
    thing.arena = arena_new();
    if (http_start(thing.arena, &opt, &server).code)
        return -1;
    thing.port = http_port(server);
    return 0;
}

int app_stop(void **state)
{
    (void)state;
    http_stop(server);
    arena_free(thing.arena);
    return 0;
}

struct web_reply thing_get(const char *target)
{
    return web_get(thing.arena, thing.port, target);
}

struct web_reply thing_post(const char *headers, const char *body)
{
    return web_request(thing.arena, thing.port, "POST", "/things", headers, body);
}

const char *thing_member(const struct web_reply *r, const char *name)
{
    struct json_in in = json_in_parse(thing.arena, r->body, r->body_len);
    const char *value = json_in_str_or(&in, name, 0, 1000, NULL);

    assert_int_equal(json_in_done(&in).code, OK.code);
    return value;
}

void assert_thing_problem(const struct web_reply *r, int status, const char *detail)
{
    assert_int_equal(r->status, status);
    assert_string_equal(web_problem(thing.arena, r, "detail"), detail);
}
