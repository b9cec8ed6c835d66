/* main.c - the payment service: its settings, and how its parts are wired. */
#include <stddef.h>

#include "api.h"
#include "events.h"
#include "jobs.h"
#include "provider.h"
#include "service.h"
#include "store.h"
#include "usecases.h"

static struct settings {
    const char *provider_url, *provider_key;
    int64_t provider_timeout_ms, max_attempts, job_threads;
} settings;

#define AT(field) offsetof(struct settings, field)

/* clang-format off */
static const struct config_key keys[] = {
    {"PROVIDER_URL",         CONFIG_STR,    AT(provider_url),        NULL,   0,   0,     "the payment provider, http://host:port"},
    {"PROVIDER_KEY",         CONFIG_SECRET, AT(provider_key),        NULL,   0,   0,     "what we bear there"},
    {"PROVIDER_TIMEOUT_MS",  CONFIG_INT,    AT(provider_timeout_ms), "4000", 100, 60000, "to wait for an answer of the provider"},
    {"PAYMENT_MAX_ATTEMPTS", CONFIG_INT,    AT(max_attempts),        "6",    1,   1000,  "calls without a clear answer, then a charge is given up"},
    {"JOB_THREADS",          CONFIG_INT,    AT(job_threads),         "4",    1,   64,    "calls to the provider under way at once"},
};
/* clang-format on */

/* Its threads are a setting. */
static struct service_job jobs[] = {
    {.name = "settlements", .step = jobs_settle, .period_ms = 500},
};

static struct err init(struct ctx *ctx)
{
    const int timeout_ms = (int)settings.provider_timeout_ms;

    (void)ctx;
    jobs[0].threads = (int)settings.job_threads;
    provider_init(&(struct provider_options){
        .url = settings.provider_url,
        .key = settings.provider_key,
        .deadline_ms = timeout_ms,
        .max_concurrent = jobs[0].threads,
    });
    /* The lease covers the call, a slow database, and a machine under load. */
    payment_set_limits(&(struct payment_limits){
        .max_attempts = settings.max_attempts,
        .lease_ms = 2 * timeout_ms + 2000,
    });
    return OK;
}

int main(int argc, char **argv)
{
    const struct service payment = {
        .name = "payment",
        .keys = keys,
        .nkeys = sizeof(keys) / sizeof(keys[0]),
        .settings = &settings,
        .routes = api_routes,
        .nroutes = api_nroutes,
        .subscriptions = events_subscriptions,
        .nsubscriptions = events_nsubscriptions,
        .ahead = store_fetch_ahead,
        .publishes = true,
        .jobs = jobs,
        .njobs = sizeof(jobs) / sizeof(jobs[0]),
        .init = init,
    };

    return service_main(argc, argv, &payment);
}
