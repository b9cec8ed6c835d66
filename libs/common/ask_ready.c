/* ask_ready.c - one request to the running instance's /readyz. */
#include "ask_ready.h"

#include <inttypes.h>
#include <string.h>

#include "http_client.h"

enum { TIMEOUT_MS = 2000 };

/* Where a server that listens on 'address' can be reached from here. */
static const char *reachable(struct arena *a, const char *address)
{
    if (strcmp(address, "0.0.0.0") == 0)
        return "127.0.0.1";
    if (strcmp(address, "::") == 0)
        return "[::1]";
    return strchr(address, ':') ? arena_printf(a, "[%s]", address) : address;
}

struct err ask_ready(struct arena *a, const char *name, const char *address, int64_t port)
{
    struct ctx ctx = {.arena = a, .http = http_client_new()};
    struct http_target *target = http_target_new(&(struct http_target_options){
        .name = name,
        .base_url = arena_printf(a, "http://%s:%" PRId64, reachable(a, address), port),
        .deadline_ms = TIMEOUT_MS,
        .attempt_ms = TIMEOUT_MS,
        .max_concurrent = 1,
    });
    struct http_reply reply;
    struct err err =
        http_call(&ctx, target, &(struct http_call){.method = "GET", .path = "/readyz"}, &reply);

    http_target_free(target);
    http_client_free(ctx.http);
    return err;
}
