/* note_app.c - a small application for tests of the HTTP server with a database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "note_app.h"

#include <string.h>

#include "arena.h"
#include "http.h"
#include "idempotency.h"
#include "json_in.h"
#include "keys.h"
#include "testing.h"

struct note_app note;
static struct auth *auth;
static struct http_server *server;

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
    atomic_fetch_add(&note.waiting, 1);
    wait_until(atomic_load(&note.gate_open));
    return add_note(ctx, req, res);
}

static struct err add_note_too_late(struct ctx *ctx, const struct http_request *req,
                                    struct http_response *res)
{
    struct idempotency key = {.caller = ALICE, .key = "late"};
    struct ctx other = testing_ctx_open(note.testing);
    struct err err;

    memcpy(key.fingerprint, note.rival_fingerprint, sizeof(key.fingerprint));
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

    assert_int_equal(auth_sign(note.arena, private_pem, &p, 600, &token).code, OK.code);
    return arena_printf(note.arena, "Authorization: Bearer %s\r\n" JSON, token);
}

int notes_start(void **state)
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
    note.testing = testing_open_common();
    note.arena = arena_new();
    keys = key_pair_new(note.arena, "P-256");
    note.alice = bearer(keys.private_pem, ALICE, ROLE_CUSTOMER);
    note.bob = bearer(keys.private_pem, BOB, ROLE_CUSTOMER);
    note.admin = bearer(keys.private_pem, ALICE, ROLE_ADMIN);
    note.foreigner = bearer(key_pair_new(note.arena, "P-256").private_pem, ALICE, ROLE_ADMIN);
    if (db_exec(&note.testing->ctx, &rows,
                "CREATE TABLE note (id int GENERATED ALWAYS AS IDENTITY, owner text, text text)")
            .code ||
        auth_open(note.arena, keys.public_pem, &auth).code)
        return -1;
    opt.db = note.testing->db;
    opt.auth = auth;
    if (http_start(note.arena, &opt, &server).code)
        return -1;
    note.port = http_port(server);
    return 0;
}

int notes_stop(void **state)
{
    (void)state;
    http_stop(server);
    auth_close(auth);
    arena_free(note.arena);
    testing_close(note.testing);
    return 0;
}

int notes_clean(void **state)
{
    struct db_rows rows;

    (void)state;
    atomic_store(&note.waiting, 0);
    atomic_store(&note.gate_open, false);
    return db_exec(&note.testing->ctx, &rows, "TRUNCATE note, idempotency").code ? -1 : 0;
}

struct web_reply note_post(const char *target, const char *headers, const char *key,
                           const char *text)
{
    const char *all =
        key ? arena_printf(note.arena, "%sIdempotency-Key: %s\r\n", headers, key) : headers;

    return web_request(note.arena, note.port, "POST", target, all,
                       arena_printf(note.arena, "{\"text\":\"%s\"}", text));
}

int64_t note_count(void)
{
    struct db_rows rows;

    assert_int_equal(db_exec(&note.testing->ctx, &rows, "SELECT count(*) FROM note").code, OK.code);
    return db_int(&rows, 0, 0);
}

const char *note_replayed(const struct web_reply *r)
{
    return web_header(note.arena, r, "Idempotent-Replayed");
}
