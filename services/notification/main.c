/* main.c - the notification service: its settings, and how its parts are wired. */
#include <stddef.h>

#include "api.h"
#include "events.h"
#include "jobs.h"
#include "mailer.h"
#include "peers.h"
#include "service.h"
#include "usecases.h"

static struct settings {
    const char *user_url, *mailer;
} settings;

#define AT(member) offsetof(struct settings, member)

/* clang-format off */
static const struct config_key keys[] = {
    {"USER_URL", CONFIG_STR, AT(user_url), NULL,  0, 0, "the user service, http://host:port[,...]"},
    {"MAILER",   CONFIG_STR, AT(mailer),   "log", 0, 0, "how mails leave: log"},
};
/* clang-format on */

static const struct service_job jobs[] = {
    {.name = "delivery", .step = jobs_deliver, .period_ms = 1000, .threads = 2},
};

static struct err init(struct ctx *ctx)
{
    const struct mailer *mailer = mailer_find(settings.mailer);

    if (!mailer)
        return err_new(ctx->arena, ERR_INVALID, "MAILER: there is no %s, only: %s", settings.mailer,
                       mailer_names(ctx->arena));
    notification_set_mailer(mailer);
    peers_init(settings.user_url);
    return OK;
}

int main(int argc, char **argv)
{
    const struct service notification = {
        .name = "notification",
        .keys = keys,
        .nkeys = sizeof(keys) / sizeof(keys[0]),
        .settings = &settings,
        .routes = api_routes,
        .nroutes = api_nroutes,
        .stream = "order-events",
        .stream_subscriptions = events_subscriptions,
        .nstream_subscriptions = events_nsubscriptions,
        .jobs = jobs,
        .njobs = sizeof(jobs) / sizeof(jobs[0]),
        .init = init,
    };

    return service_main(argc, argv, &notification);
}
