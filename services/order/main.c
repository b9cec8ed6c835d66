/* main.c - the order service: its settings, and how its parts are wired. */
#include <stddef.h>

#include "api.h"
#include "events.h"
#include "jobs.h"
#include "peers.h"
#include "saga.h"
#include "service.h"
#include "store.h"
#include "usecases.h"

static struct settings {
    const char *user_url, *inventory_url;
    int64_t saga_deadline_s;
} settings;

static const struct config_key keys[] = {
    {"USER_URL",        CONFIG_STR, offsetof(struct settings, user_url),        NULL, 0, 0,
     "the user service, http://host:port[,...]"                  },
    {"INVENTORY_URL",   CONFIG_STR, offsetof(struct settings, inventory_url),   NULL, 0, 0,
     "the inventory service, http://host:port[,...]"             },
    {"SAGA_DEADLINE_S", CONFIG_INT, offsetof(struct settings, saga_deadline_s), "60", 1, 86400,
     "seconds after which an order that is not over is cancelled"},
};

static const struct service_job jobs[] = {
    {.name = "deadlines", .step = jobs_expire, .period_ms = 1000},
};

static struct err init(struct ctx *ctx)
{
    (void)ctx;
    peers_init(settings.user_url, settings.inventory_url);
    order_set_deadline(settings.saga_deadline_s);
    return OK;
}

int main(int argc, char **argv)
{
    const struct service order = {
        .name = "order",
        .keys = keys,
        .nkeys = sizeof(keys) / sizeof(keys[0]),
        .settings = &settings,
        .routes = api_routes,
        .nroutes = api_nroutes,
        .subscriptions = events_subscriptions,
        .nsubscriptions = events_nsubscriptions,
        .ahead = store_fetch_ahead,
        .publishes = true,
        .publishes_to_stream = "order-events",
        .stream_script = saga_script,
        .jobs = jobs,
        .njobs = sizeof(jobs) / sizeof(jobs[0]),
        .init = init,
    };

    return service_main(argc, argv, &order);
}
