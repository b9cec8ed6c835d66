/* testing.c - scratch databases, and waiting with a deadline. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "log.h"

enum { PAUSE_MS = 5, PATIENCE_MS = 10000, SERVER_MS = 30000 };

/* Tests run in the repository's root, as make does. */
static const char common_migration[] = "libs/common/migrations/0001_common.sql";

static void must(struct err err, const char *what)
{
    if (!err.code)
        return;
    fprintf(stderr, "%s: %s\n", what, err.msg);
    exit(1);
}

const char *testing_env(const char *name)
{
    const char *value = getenv(name);

    if (value && *value)
        return value;
    fprintf(stderr, "%s is not set; run by: make test\n", name);
    exit(1);
}

const char *testing_name(struct arena *a, const char *prefix)
{
    return arena_printf(a, "%s_%d_%08x", prefix, (int)getpid(), arc4random());
}

/* The same server and settings, another database. */
static const char *url_of(struct arena *a, const char *url, const char *database)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    size_t before = path ? (size_t)(path - url) : strcspn(url, "?");
    const char *query = strchr(url, '?');

    return arena_printf(a, "%.*s/%s%s", (int)before, url, database, query ? query : "");
}

struct testing *testing_open(const struct migration list[], size_t n)
{
    struct arena *a = arena_new();
    struct testing *t = arena_alloc(a, sizeof(*t));
    struct db_options server = {.url = testing_env("TEST_DATABASE_URL"), .name = "tests"};
    const char *level = getenv("TEST_LOG_LEVEL");

    if (!log_init("test", "test", level ? level : "error"))
        must((struct err){ERR_INVALID, "debug, info, warn or error"}, "TEST_LOG_LEVEL");
    t->arena = a;
    t->name = testing_name(a, "waybill_test");
    t->db = (struct db_options){.url = url_of(a, server.url, t->name), .name = t->name};
    t->server = db_open(&server);
    t->ctx = (struct ctx){.arena = a, .db = t->server};
    must(db_exec_script(&t->ctx,
                        arena_printf(a,
                                     "CREATE DATABASE \"%s\" TEMPLATE template0 ENCODING 'UTF8'"
                                     " LC_COLLATE 'C' LC_CTYPE 'C'",
                                     t->name),
                        SERVER_MS),
         "the scratch database cannot be made");
    t->ctx = testing_ctx_open(t);
    must(migrate(&t->ctx, list, n), "the scratch database cannot be migrated");
    return t;
}

static char *read_file(struct arena *a, const char *path)
{
    enum { MOST = 256 * 1024 };
    char *text = arena_alloc(a, MOST + 1);
    FILE *file = fopen(path, "r");

    if (file) {
        size_t len = fread(text, 1, MOST, file);

        fclose(file);
        if (len > 0)
            return text;
    }
    must((struct err){ERR_INTERNAL, "not found; run tests in the repository's root"}, path);
    return NULL;
}

struct testing *testing_open_common(void)
{
    struct arena *a = arena_new();
    struct migration list[] = {
        {"0001_common", read_file(a, common_migration)}
    };
    struct testing *t = testing_open(list, 1);

    arena_free(a);
    return t;
}

void testing_close(struct testing *t)
{
    struct ctx ctx = {.arena = t->arena, .db = t->server};

    testing_ctx_close(&t->ctx);
    /* It waits for sessions to end, and on a busy machine for longer than a service would. */
    must(db_exec_script(&ctx, "SET statement_timeout = '60s'", SERVER_MS), "statement_timeout");
    must(db_exec_script(&ctx, arena_printf(t->arena, "DROP DATABASE \"%s\" WITH (FORCE)", t->name),
                        SERVER_MS),
         "the scratch database cannot be dropped");
    db_close(t->server);
    arena_free(t->arena);
}

struct ctx testing_ctx_open(const struct testing *t)
{
    return (struct ctx){
        .arena = arena_new(),
        .db = db_open(&t->db),
        .trace = trace_continue(""),
    };
}

struct ctx testing_ctx_patient(const struct testing *t)
{
    struct ctx ctx = {.arena = arena_new(), .trace = trace_continue("")};
    struct db_options opt = t->db;

    opt.url = arena_printf(ctx.arena,
                           "%s%coptions=-c%%20lock_timeout%%3D%d%%20-c%%20statement_timeout%%3D%d",
                           opt.url, strchr(opt.url, '?') ? '&' : '?', SERVER_MS, SERVER_MS);
    opt.answer_ms = 2 * SERVER_MS;
    ctx.db = db_open(&opt);
    return ctx;
}

void testing_ctx_close(struct ctx *ctx)
{
    db_close(ctx->db);
    arena_free(ctx->arena);
}

void testing_pause(int looks, const char *condition, const char *file, int line)
{
    if (looks >= PATIENCE_MS / PAUSE_MS) {
        print_error("waited %d s in vain for: %s\n", PATIENCE_MS / 1000, condition);
        _fail(file, line);
    }
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}
