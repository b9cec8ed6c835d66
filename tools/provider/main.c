/* main.c - the payment provider's sandbox: a stranger's system, as far as Waybill knows. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "api.h"
#include "arena.h"
#include "ask_ready.h"
#include "config.h"
#include "footprint.h"
#include "http.h"
#include "ledger.h"
#include "log.h"

static struct settings {
    const char *address, *log_level, *key, *ledger_file;
    int64_t port, workers, ledger_limit, slow_ms;
} settings;

#define AT(field) offsetof(struct settings, field)

/* clang-format off */
static const struct config_key keys[] = {
    {"PORT",           CONFIG_INT,    AT(port),         "8006",    1, 65535, "to serve HTTP on"},
    {"LISTEN_ADDRESS", CONFIG_STR,    AT(address),      "0.0.0.0", 0, 0,     "to serve HTTP on"},
    {"HTTP_WORKERS",   CONFIG_INT,    AT(workers),      "16",      1, 256,   "requests handled at once; a slow charge occupies one"},
    {"LOG_LEVEL",      CONFIG_STR,    AT(log_level),    "info",    0, 0,     "debug, info, warn or error"},
    {"PROVIDER_KEY",   CONFIG_SECRET, AT(key),          NULL,      0, 0,     "what callers must bear"},
    {"LEDGER_FILE",    CONFIG_STR,    AT(ledger_file),  "",        0, 0,     "journal of the ledger; without one a restart forgets all"},
    {"LEDGER_LIMIT",   CONFIG_INT,    AT(ledger_limit), "1000000", 1, LEDGER_MAX_LIMIT,
     "keys that the ledger takes; beyond: 503"},
    {"SLOW_MS",        CONFIG_INT,    AT(slow_ms),      "3000",    0, 60000, "how long pm_slow takes to answer"},
};
/* clang-format on */
enum { NKEYS = sizeof(keys) / sizeof(keys[0]) };

static int fail(struct err err)
{
    fprintf(stderr, "%s\n", err.msg);
    return 1;
}

static struct err start(struct arena *a, struct ledger *ledger, struct http_server **out)
{
    const struct http_options opt = {
        .address = settings.address,
        .port = (uint16_t)settings.port,
        .workers = (unsigned)settings.workers,
        .queue_limit = 1024,
        .max_connections = 1024,
        .idle_timeout_s = 60,
        .max_body = 4096,
        .routes = api_routes,
        .nroutes = api_nroutes,
    };

    api_init(
        &(struct api_options){.ledger = ledger, .key = settings.key, .slow_ms = settings.slow_ms});
    return http_start(a, &opt, out);
}

static int serve(struct arena *a, const sigset_t *stop)
{
    struct http_server *server;
    struct ledger *ledger;
    struct err err;
    int sig;

    err = ledger_open(a, settings.ledger_file, settings.ledger_limit, &ledger);
    if (err.code)
        return fail(err);
    err = start(a, ledger, &server);
    if (err.code) {
        ledger_close(ledger);
        return fail(err);
    }
    log_info("the sandbox listens on %s:%u", settings.address, http_port(server));
    sigwait(stop, &sig);
    http_stop(server);
    ledger_close(ledger);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new();
    sigset_t stop;
    struct err err;
    int status;

    footprint_limit();
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        config_help(stdout, keys, NKEYS);
        return 0;
    }
    err = config_load(a, keys, NKEYS, &settings);
    if (err.code)
        return fail(err);
    if (argc > 1 && strcmp(argv[1], "--healthcheck") == 0) {
        err = ask_ready(a, "provider", settings.address, settings.port);
        return err.code ? fail(err) : 0;
    }
    if (!log_init("provider", NULL, settings.log_level))
        return fail((struct err){ERR_INVALID, "LOG_LEVEL must be debug, info, warn or error"});

    /* Before any thread, so that only sigwait() sees them. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);
    status = serve(a, &stop);
    arena_free(a);
    return status;
}
