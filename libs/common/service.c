/* service.c - the life of a service: from its settings to its last event. */
#include "service.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "arena.h"
#include "ask_ready.h"
#include "footprint.h"
#include "health.h"
#include "http_client.h"
#include "log.h"
#include "migrate.h"
#include "service_internal.h"

enum {
    STOP_S = 15,          /* a stop that takes longer is cut off */
    FIRST_PAUSE_MS = 100, /* while the database is away at the start */
    MAX_PAUSE_MS = 5000,
};

/* Static, and never freed before the process ends: a handler that a stop could not
 * wait for may still use it. */
static struct service_settings settings;
static struct service_base base = {.settings = &settings};

const struct service_settings *service_settings(void)
{
    return &settings;
}

/* --- before serving ------------------------------------------------------- */

static struct err migrated(struct ctx *ctx)
{
    struct err err;

    err = db_ping(ctx);
    if (err.code)
        return err;
    return migrate(ctx, migrations, nmigrations);
}

/* Wait as long as it takes; *stop says that a signal came first. */
static struct err wait_for_database(struct ctx *ctx, bool *stop)
{
    int64_t pause_ms = FIRST_PAUSE_MS;
    struct err err = migrated(ctx);

    if (err.code == ERR_UNAVAILABLE)
        log_warn("waiting for the database: %s", err.msg);
    while (err.code == ERR_UNAVAILABLE) {
        *stop = service_signal(pause_ms) != 0;
        if (*stop)
            return OK;
        pause_ms = pause_ms * 2 < MAX_PAUSE_MS ? pause_ms * 2 : MAX_PAUSE_MS;
        arena_reset(ctx->arena);
        err = migrated(ctx);
    }
    return err;
}

static struct err call_init(struct ctx *ctx)
{
    struct err err;

    if (!base.service->init)
        return OK;
    db_unit_begin(ctx, DB_WRITE);
    err = base.service->init(ctx);
    if (!err.code)
        return db_unit_commit(ctx);
    db_unit_rollback(ctx);
    return err;
}

static struct err prepare(bool *stop)
{
    struct ctx ctx = {
        .arena = arena_new(),
        .db = db_open(&base.db),
        .http = http_client_new(),
        .trace = trace_continue(NULL),
    };
    struct err err;

    err = wait_for_database(&ctx, stop);
    if (!err.code && !*stop)
        err = call_init(&ctx);
    if (err.code)
        err.msg = arena_strdup(base.arena, err.msg);
    http_client_free(ctx.http);
    db_close(ctx.db);
    arena_free(ctx.arena);
    return err;
}

/* --- the whole ------------------------------------------------------------ */

static void addresses(void)
{
    const struct service_settings *c = &settings;

    base.db = (struct db_options){
        .url = c->database_url,
        .password = *c->database_password ? c->database_password : NULL,
        .name = c->instance,
    };
    base.work_db = base.db;
    base.work_db.by_index = true;
    base.broker = (struct bus_address){
        .host = c->amqp_host,
        .user = c->amqp_user,
        .password = c->amqp_password,
        .vhost = c->amqp_vhost,
        .port = (int)c->amqp_port,
        .name = c->instance,
    };
    base.redis = (struct stream_address){
        .host = c->redis_host, .password = c->redis_password, .port = (int)c->redis_port};
}

static int serve(void)
{
    bool stopped = false;
    struct err err;

    service_take_signals();
    health_set_serving(false);
    event_source(base.service->name);
    addresses();
    service_config_log(base.service, &settings);
    err = prepare(&stopped);
    if (!err.code && !stopped)
        err = service_serve(&base);
    if (err.code)
        log_error("cannot start: %s", err.msg);
    if (err.code || stopped)
        return err.code ? EXIT_FAILURE : EXIT_SUCCESS;

    service_start_work(&base);
    health_set_serving(true);
    log_info("serving on %s port %" PRId64, settings.address, settings.port);
    log_info("stopping on %s", strsignal(service_wait()));
    alarm(STOP_S);
    health_set_serving(false);
    service_stop_all(&base);
    log_info("stopped");
    return EXIT_SUCCESS;
}

static int fail(const char *mistakes)
{
    for (const char *line = mistakes; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        fprintf(stderr, "%s: %.*s\n", base.service->name, (int)strcspn(line, "\n"), line);
    }
    return EXIT_FAILURE;
}

static int healthcheck(void)
{
    struct err err = service_config_load_address(base.arena, &settings);

    if (!err.code)
        err = ask_ready(base.arena, base.service->name, settings.address, settings.port);
    return err.code ? fail(err.msg) : EXIT_SUCCESS;
}

int service_main(int argc, char **argv, const struct service *s)
{
    const char *arg = argc > 1 ? argv[1] : "";
    struct err err;

    footprint_limit();
    base.service = s;
    base.arena = arena_new();
    if (sodium_init() < 0)
        return fail("libsodium does not start");
    if (strcmp(arg, "--help") == 0) {
        service_config_help(stdout, s);
        return EXIT_SUCCESS;
    }
    if (strcmp(arg, "--version") == 0) {
        printf("%s %s\n", s->name, SERVICE_VERSION);
        return EXIT_SUCCESS;
    }
    if (strcmp(arg, "--healthcheck") == 0)
        return healthcheck();
    if (*arg)
        return fail(arena_printf(base.arena, "what is %s? --help tells", arg));
    err = service_config_load(base.arena, s, &settings);
    if (!err.code)
        err = service_open_auth(&base);
    return err.code ? fail(err.msg) : serve();
}
