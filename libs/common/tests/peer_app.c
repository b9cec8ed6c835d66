/* peer_app.c - a service to call in tests of the HTTP client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "peer_app.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "http.h"
#include "testing.h"

struct peer_app peer;
static struct http_server *server;

static struct err status(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    (void)c;
    atomic_fetch_add(&peer.hits, 1);
    res->status = (int)strtol(req->param[0], NULL, 10);
    res->location = res->status == 302 ? "/status/200" : NULL;
    res->body = res->status == 204 ? NULL : "{\"a\":1}";
    return OK;
}

static struct err flaky(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    (void)c, (void)req;
    atomic_fetch_add(&peer.hits, 1);
    res->status = atomic_fetch_sub(&peer.failures_left, 1) > 0 ? 502 : 200;
    res->body = "{}";
    return OK;
}

static struct err stall(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    (void)c, (void)req;
    atomic_fetch_add(&peer.hits, 1);
    atomic_fetch_add(&peer.waiting, 1);
    wait_until(atomic_load(&peer.gate_open));
    res->body = "{}";
    return OK;
}

static struct err big(struct ctx *c, const struct http_request *req, struct http_response *res)
{
    size_t len = strtoul(req->param[0], NULL, 10);
    char *body = arena_alloc(c->arena, len + 1);

    atomic_fetch_add(&peer.hits, 1);
    memset(body, ' ', len);
    res->body = body;
    return OK;
}

static const struct http_route routes[] = {
    {"GET",    "/status/*", HTTP_PUBLIC, DB_READ, false, status},
    {"POST",   "/status/*", HTTP_PUBLIC, DB_READ, false, status},
    {"DELETE", "/status/*", HTTP_PUBLIC, DB_READ, false, status},
    {"GET",    "/flaky",    HTTP_PUBLIC, DB_READ, false, flaky },
    {"POST",   "/flaky",    HTTP_PUBLIC, DB_READ, false, flaky },
    {"GET",    "/stall",    HTTP_PUBLIC, DB_READ, false, stall },
    {"GET",    "/big/*",    HTTP_PUBLIC, DB_READ, false, big   },
};

int peer_start(void **state)
{
    const struct http_options opt = {
        .address = "127.0.0.1",
        .workers = 16,
        .queue_limit = 64,
        .max_connections = 64,
        .idle_timeout_s = 20,
        .max_body = 1000,
        .routes = routes,
        .nroutes = sizeof(routes) / sizeof(routes[0]),
    };
    struct arena *a = arena_new();
    struct err err = http_start(a, &opt, &server);

    (void)state;
    arena_free(a);
    return err.code ? -1 : 0;
}

int peer_stop(void **state)
{
    (void)state;
    http_stop(server);
    return 0;
}

struct http_target_options peer_options(void)
{
    return (struct http_target_options){
        .name = "stock",
        .base_url = arena_printf(peer.ctx.arena, "http://127.0.0.1:%u", http_port(server)),
        .deadline_ms = PLENTY_MS,
        .attempt_ms = PLENTY_MS,
        .retries = 2,
        .max_concurrent = 4,
        .max_body = PEER_MAX_BODY,
    };
}

void peer_use(struct http_target_options opt)
{
    http_target_free(peer.target);
    peer.target = http_target_new(&opt);
}

int peer_setup(void **state)
{
    (void)state;
    peer.ctx = (struct ctx){.arena = arena_new(), .http = http_client_new()};
    peer.target = NULL;
    peer_use(peer_options());
    atomic_store(&peer.hits, 0);
    atomic_store(&peer.waiting, 0);
    atomic_store(&peer.failures_left, 0);
    atomic_store(&peer.gate_open, false);
    return 0;
}

int peer_teardown(void **state)
{
    (void)state;
    clock_freeze(0);
    atomic_store(&peer.gate_open, true);
    http_target_free(peer.target);
    http_client_free(peer.ctx.http);
    arena_free(peer.ctx.arena);
    return 0;
}

struct err peer_get(const char *path, struct http_reply *reply)
{
    return http_call(&peer.ctx, peer.target,
                     &(struct http_call){.method = "GET", .path = path, .repeatable = true}, reply);
}

void assert_peer_unavailable(const char *path, const char *why)
{
    struct http_reply reply;
    struct err err = peer_get(path, &reply);

    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.msg, why);
}
