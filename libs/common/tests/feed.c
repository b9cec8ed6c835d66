/* feed.c - events for tests, and what they leave. */
#include "feed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "db.h"
#include "id.h"
#include "outbox.h"
#include "proxy.h"

enum { MAX_CALLS = 64 };

/* Handlers run in the threads of what is tested. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int failures, ncalls;
static int64_t calls[MAX_CALLS];

void feed_set_failures(int n)
{
    pthread_mutex_lock(&lock);
    failures = n;
    pthread_mutex_unlock(&lock);
}

int feed_calls(int64_t at_ms[], int max)
{
    int n;

    pthread_mutex_lock(&lock);
    n = ncalls;
    for (int i = 0; i < n && i < max; i++)
        at_ms[i] = calls[i];
    pthread_mutex_unlock(&lock);
    return n;
}

static struct err on_done(struct ctx *ctx, const struct event *e)
{
    struct db_rows rows;

    return db_exec(ctx, &rows, "INSERT INTO effect (event_id) VALUES ($1)", e->id);
}

static struct err on_fails(struct ctx *ctx, const struct event *e)
{
    struct err err = on_done(ctx, e);
    bool failing;

    pthread_mutex_lock(&lock);
    if (ncalls < MAX_CALLS)
        calls[ncalls++] = clock_mono_ms();
    failing = failures > 0;
    failures -= failing;
    pthread_mutex_unlock(&lock);
    return failing ? (struct err){ERR_INTERNAL, "fails as it was told"} : err;
}

static struct err on_refused(struct ctx *ctx, const struct event *e)
{
    struct err err = on_done(ctx, e);

    return err.code ? err : (struct err){ERR_CONFLICT, "its state forbids it"};
}

static const char *word(struct arena *a)
{
    char *s = arena_strdup(a, "txxxxxxxxxxxx");

    for (char *c = s + 1; *c; c++)
        *c = (char)('a' + arc4random_uniform(26));
    return s;
}

static struct db_rows query(struct feed *f, const char *sql)
{
    struct db_rows rows;

    if (db_exec_params(&f->env->ctx, &rows, sql, NULL, 0).code)
        abort();
    return rows;
}

struct feed *feed_open(void)
{
    struct testing *env = testing_open_common();
    struct arena *a = env->ctx.arena;
    struct feed *f = arena_alloc(a, sizeof(*f));
    const char *prefix = word(a);

    event_source("tests");
    f->env = env;
    f->done = arena_printf(a, "%s.done", prefix);
    f->fails = arena_printf(a, "%s.fails", prefix);
    f->refused = arena_printf(a, "%s.refused", prefix);
    f->unheard = arena_printf(a, "%s.unheard", prefix);
    f->subscriptions[0] = (struct subscription){f->done, 1, on_done};
    f->subscriptions[1] = (struct subscription){f->fails, 1, on_fails};
    f->subscriptions[2] = (struct subscription){f->refused, 1, on_refused};
    query(f, "CREATE TABLE effect (event_id text)");
    query(f, "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql"
             " AS 'BEGIN RAISE disk_full; END'");
    return f;
}

/* The server's own error, without its cause. */
void feed_set_room(struct feed *f, bool room)
{
    query(f, room ? "DROP TRIGGER no_room ON effect"
                  : "CREATE TRIGGER no_room BEFORE INSERT ON effect EXECUTE FUNCTION no_room()");
}

void feed_close(struct feed *f)
{
    testing_close(f->env); /* whose arena holds f */
}

void feed_reset(struct feed *f)
{
    query(f, "TRUNCATE effect, inbox, outbox");
    feed_set_failures(0);
    pthread_mutex_lock(&lock);
    ncalls = 0;
    pthread_mutex_unlock(&lock);
}

const char *feed_event(struct feed *f, const char *type, const char **id)
{
    struct arena *a = f->env->ctx.arena;
    const struct event e = {.id = id_new(a), .type = type, .subject = id_new(a)};

    if (id)
        *id = e.id;
    return event_format(&f->env->ctx, &e, "{}");
}

int64_t feed_number(struct feed *f, const char *sql)
{
    const struct db_rows rows = query(f, sql);

    return db_int(&rows, 0, 0);
}

void feed_do(struct feed *f, const char *sql)
{
    query(f, sql);
}

const char *feed_outbox(struct feed *f, const char *type, unsigned to, bool optional)
{
    struct ctx *ctx = &f->env->ctx;
    const struct outbox_event e = {
        .type = type,
        .subject = id_new(ctx->arena),
        .data = "{}",
        .to = to,
        .optional = optional,
    };
    const char *id;

    db_unit_begin(ctx, DB_WRITE);
    if (outbox_add(ctx, &e, &id).code || db_unit_commit(ctx).code)
        abort();
    return id;
}

int64_t feed_effects(struct feed *f)
{
    return feed_number(f, "SELECT count(*) FROM effect");
}

int64_t feed_effects_of(struct feed *f, const char *event_id)
{
    struct db_rows rows;

    if (db_exec(&f->env->ctx, &rows, "SELECT count(*) FROM effect WHERE event_id = $1", event_id)
            .code)
        abort();
    return db_int(&rows, 0, 0);
}

/* postgresql://user@host:port/name?settings: what stands between @ and / is the server. */
struct db_options feed_db_behind(struct feed *f, int port)
{
    struct db_options db = f->env->db;
    const char *at = strchr(db.url, '@'), *path = at ? strchr(at, '/') : NULL;

    if (!path)
        abort();
    db.url = arena_printf(f->env->ctx.arena, "%.*s@127.0.0.1:%d%s", (int)(at - db.url), db.url,
                          port, path);
    return db;
}

struct proxy *feed_db_proxy(struct feed *f)
{
    const char *at = strchr(f->env->db.url, '@');
    const size_t host = at ? strcspn(at + 1, ":/") : 0;
    const int port = at && at[1 + host] == ':' ? (int)strtol(at + host + 2, NULL, 10) : 5432;

    if (!at)
        abort();
    return proxy_open(arena_strndup(f->env->ctx.arena, at + 1, host), port);
}
