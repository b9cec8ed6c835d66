/* main.c - the inventory service: its settings, and how its parts are wired. */
#include <stdbool.h>
#include <stddef.h>

#include "api.h"
#include "events.h"
#include "service.h"
#include "store.h"
#include "usecases.h"

static struct settings {
    bool sample_catalogue;
} settings;

static const struct config_key keys[] = {
    {"SAMPLE_CATALOGUE", CONFIG_BOOL, offsetof(struct settings, sample_catalogue), "false", 0, 0,
     "fill an empty shop with sample goods"},
};

static struct err init(struct ctx *ctx)
{
    return settings.sample_catalogue ? catalogue_load(ctx) : OK;
}

int main(int argc, char **argv)
{
    const struct service inventory = {
        .name = "inventory",
        .keys = keys,
        .nkeys = sizeof(keys) / sizeof(keys[0]),
        .settings = &settings,
        .routes = api_routes,
        .nroutes = api_nroutes,
        .subscriptions = events_subscriptions,
        .nsubscriptions = events_nsubscriptions,
        .ahead = store_fetch_ahead,
        .publishes = true,
        .init = init,
    };

    return service_main(argc, argv, &inventory);
}
