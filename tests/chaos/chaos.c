/* chaos.c - one run from the first order to the verdict. */
#include "chaos.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "clock.h"
#include "clocks.h"
#include "disk.h"
#include "findings.h"
#include "load.h"
#include "plan.h"
#include "report.h"
#include "shim.h"
#include "wayctl.h"
#include "wires.h"
#include "world.h"

enum {
    POLL_MS = 200,
    HEALTHY_S = 90,
    /* A message that failed over and over rests up to 120 s before its last try. */
    QUIET_S = 240,
    SETTLED_S = 60, /* to ask takes a while on a busy machine */
};

/* Unlike await() of the end-to-end tests this goes by the clock: looking takes a while. */
static bool until(bool (*condition)(void), int seconds)
{
    const int64_t deadline_ms = clock_mono_ms() + INT64_C(1000) * seconds;

    while (!condition()) {
        if (clock_mono_ms() > deadline_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
    return true;
}

static bool healthy(void)
{
    struct reply r = client_send(&(struct request){.url = "/healthz"});
    const bool well = r.status == 200;

    reply_free(&r);
    return well;
}

static bool quiet(void)
{
    int64_t count;

    return books_noise(&count) == NULL;
}

/* A question whose answers were lost is asked again after as long as its order is old: that
 * may be as long as the run. */
static void await_quiet(const struct chaos *c)
{
    const int64_t patience_s = QUIET_S + c->run_ms / 1000;
    const char *noise;
    int64_t count = 0;

    if (until(quiet, (int)patience_s))
        return;
    noise = books_noise(&count);
    if (noise)
        finding("not quiet after %" PRId64 " s: %" PRId64 " %s", patience_s, count, noise);
}

/* Of all queues; -1: nobody says. What a consumer holds is in no queue's length, and a
 * consumer that never lets go would keep it for ever. */
static int64_t unacknowledged(void)
{
    const struct said s = wayctl_run(
        text("%s rabbitmqctl list_queues -q --no-table-headers -p %s messages_unacknowledged",
             world_env("STACK_COMMAND"), world_env("AMQP_VHOST")));
    int64_t sum = 0;
    char *end;

    for (const char *at = s.text; *at; at = end + strspn(end, "\r\n")) {
        sum += strtoll(at, &end, 10);
        if (end == at)
            return -1;
    }
    return s.status == FINE && *s.text ? sum : -1;
}

static bool settled(void)
{
    return unacknowledged() == 0;
}

/* The broker counts anew every few seconds. */
static void audit_deliveries(void)
{
    int64_t count;

    if (until(settled, SETTLED_S))
        return;
    count = unacknowledged();
    if (count < 0)
        finding("the broker does not say what is unacknowledged");
    if (count > 0)
        finding("%" PRId64 " messages were delivered and never acknowledged", count);
}

static void differ(const char *what, int64_t a, int64_t b, void *arg)
{
    (void)arg;
    finding("%s: %" PRId64 " and %" PRId64, what, a, b);
}

/* The same set of ids in both databases, order by order and not only in sum. */
static void audit_ids(void)
{
    static const char shipped[] = "SELECT coalesce(sum(hashtext(id::text)), 0) FROM orders"
                                  " WHERE status = 'SHIPPED'";
    const int64_t orders = sql_int("order", shipped);
    const int64_t payments =
        sql_int("payment", "SELECT coalesce(sum(hashtext(order_id::text)), 0) FROM payments"
                           " WHERE state = 'CAPTURED'");
    const int64_t shipments =
        sql_int("inventory", "SELECT coalesce(sum(hashtext(order_id::text)), 0) FROM reservations"
                             " WHERE state = 'DISPATCHED'");

    if (orders != payments)
        finding("the orders shipped are not those paid for");
    if (orders != shipments)
        finding("the orders shipped are not those that left the store");
}

/* Of each order versions are 1, 2, 3 … and each was announced once. */
static void audit_versions(void)
{
    const int64_t odd = sql_int("order", "SELECT count(*) FROM orders o WHERE version <>"
                                         " (SELECT count(*) FROM order_events e"
                                         "  WHERE e.order_id = o.id AND e.source = 'order')");

    if (odd)
        finding("%" PRId64 " orders have not as many versions as events", odd);
}

/* A run that broke nothing shows nothing. */
static void audit_strikes(const struct plan *p, size_t at_least)
{
    size_t tried = 0, done = 0;

    for (size_t i = 0; i < p->n; i++) {
        const struct strike *s = &p->strikes[i];
        const bool breaks = s->fault->weight > 0;

        tried += breaks && s->struck_ms;
        done += breaks && s->struck_ms && s->done;
    }
    if (done < at_least)
        finding("%zu faults struck, and %zu is the least", done, at_least);
    if (2 * done < tried)
        finding("of %zu faults only %zu could be done", tried, done);
}

/* Both end with the stack being brought up. */
static void lay(const struct chaos *c)
{
    disk_lay();
    wires_lay(text("ORDER_SAGA_DEADLINE_S=%d %s", c->deadline_s, clocks_lay()));
}

static void put_back(void)
{
    disk_remove();
    wires_remove();
}

bool chaos_run(const struct chaos *c)
{
    struct rng rng = {c->seed};
    struct run run = {.chaos = c, .plan = plan_new(&rng, c)};

    findings_forget();
    if (run.plan.n == 0) {
        finding("no fault that can be done here is called \"%s\"", c->only);
        plan_free(&run.plan);
        return false;
    }
    printf("seed %" PRIu64 ", %" PRId64 " s, %d orders a second\n", c->seed, c->run_ms / 1000,
           c->rate);
    setenv("PGCONNECT_TIMEOUT", "5", 1); /* seconds; libpq's own is none */
    lay(c);
    shim_seed(c->seed);
    run.load = load_new(&rng, c->run_ms, c->rate);
    run.began_ms = clock_mono_ms();
    load_start(run.load);
    plan_carry_out(&run.plan, run.began_ms, c->alone_ms);
    run.healed_ms = clock_mono_ms();
    load_join(run.load);
    audit_strikes(&run.plan, c->at_least);

    if (!until(healthy, HEALTHY_S))
        finding("not healthy %d s after all was mended", HEALTHY_S);
    run.healthy_ms = clock_mono_ms();
    load_resolve(run.load);
    await_quiet(c);
    run.quiet_ms = clock_mono_ms();
    load_verify(run.load);
    audit_deliveries();
    books_audit(differ, NULL);
    audit_ids();
    audit_versions();
    report(&run);
    put_back();
    plan_free(&run.plan);
    load_free(run.load);
    return findings() == 0;
}
