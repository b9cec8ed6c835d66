/* part_broker.c - RabbitMQ alone with a saga's messages: as many publishers, queues and
 * consumers as the services have, in batches as theirs, on queues of the same kind. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "ask.h"
#include "bus.h"
#include "figures.h"
#include "parts.h"
#include "settings.h"
#include "world.h"

/* libs/common/relay.c and consumer.c. */
enum { RELAY_BATCH = 200, CONFIRM_MS = 10000, PREFETCH = 200, CONSUMER_BATCH = 50, WAIT_MS = 200 };
enum { MAX_TYPES = 3, MAX_AHEAD = 2000, BODY = 700 };

/* Who publishes what and who hears it, of one saga; nobody hears bench.shipped. */
static struct lane {
    const char *queue; /* NULL: a publisher */
    const char *types[MAX_TYPES];
    size_t ntypes;
    _Atomic int64_t done; /* messages confirmed, or acknowledged */
} lanes[] = {
    {NULL,              {"bench.created", "bench.confirmed", "bench.shipped"},     3, 0},
    {NULL,              {"bench.reserved", "bench.dispatched"},                    2, 0},
    {NULL,              {"bench.processed"},                                       1, 0},
    {"bench.order",     {"bench.reserved", "bench.processed", "bench.dispatched"}, 3, 0},
    {"bench.inventory", {"bench.created", "bench.confirmed"},                      2, 0},
    {"bench.payment",   {"bench.reserved"},                                        1, 0},
};
enum { LANES = sizeof(lanes) / sizeof(lanes[0]) };

static atomic_bool stopping;

static void check(struct err err)
{
    if (err.code)
        die("rabbitmq: %s", err.msg);
}

static struct bus *connect_to(struct arena *a)
{
    struct bus *bus = NULL;

    check(bus_open(a,
                   &(struct bus_address){
                       .host = world_env("AMQP_HOST"),
                       .port = world_port("AMQP_PORT"),
                       .user = world_env("AMQP_USER"),
                       .password = world_secret("AMQP_PASSWORD_FILE"),
                       .vhost = world_env("AMQP_VHOST"),
                       .name = "bench",
                   },
                   &bus));
    return bus;
}

static int64_t sagas_done(const struct lane *l)
{
    return atomic_load(&l->done) / (int64_t)l->ntypes;
}

static int64_t slowest(void)
{
    int64_t least = sagas_done(&lanes[0]);

    for (size_t i = 1; i < LANES; i++)
        if (sagas_done(&lanes[i]) < least)
            least = sagas_done(&lanes[i]);
    return least;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void publish_batch(struct lane *l, struct bus *bus, struct arena *a, const char *body)
{
    const size_t n = RELAY_BATCH / l->ntypes * l->ntypes;

    for (size_t i = 0; i < n; i++) {
        const char *type = l->types[i % l->ntypes];
        const struct message m = {
            .id = "01a1f8ce-0000-7000-8000-000000000000",
            .type = type,
            .traceparent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
            .body = body,
            .body_len = BODY,
        };

        check(bus_publish(bus, a, &m, strcmp(type, "bench.shipped") != 0));
    }
    check(bus_confirm(bus, a, NULL, 0, CONFIRM_MS));
    atomic_fetch_add(&l->done, (int64_t)n);
}

static void *publisher(void *arg)
{
    struct lane *l = arg;
    struct arena *a = arena_new(), *batch = arena_new();
    struct bus *bus = connect_to(a);
    char *body = arena_alloc(a, BODY + 1);

    memset(body, 'x', BODY);
    while (!stopping) {
        arena_reset(batch);
        if (sagas_done(l) - slowest() > MAX_AHEAD)
            pause_ms(1); /* queues stay short, as those of a system that keeps up */
        else
            publish_batch(l, bus, batch, body);
    }
    bus_close(bus);
    arena_free(batch);
    arena_free(a);
    return NULL;
}

static void consume_batch(struct lane *l, struct bus *bus, struct arena *a)
{
    struct message m;
    bool got = true;
    uint64_t last = 0;
    int n = 0;

    while (got && n < CONSUMER_BATCH) {
        check(bus_next(bus, a, n ? 0 : WAIT_MS, &m, &got));
        n += got;
        last = got ? m.delivery_tag : last;
    }
    if (n > 0)
        check(bus_ack(bus, a, last, true));
    atomic_fetch_add(&l->done, n);
}

static void *consumer(void *arg)
{
    struct lane *l = arg;
    struct arena *a = arena_new(), *batch = arena_new();
    struct bus *bus = connect_to(a);

    check(bus_subscribe(bus, a, l->queue, l->types, l->ntypes, PREFETCH));
    atomic_store(&l->done, 0); /* ready */
    while (!stopping) {
        arena_reset(batch);
        consume_batch(l, bus, batch);
    }
    bus_close(bus);
    arena_free(batch);
    arena_free(a);
    return NULL;
}

static void start(pthread_t threads[LANES])
{
    for (size_t i = LANES; i-- > 0;) {
        struct lane *l = &lanes[i];

        atomic_store(&l->done, l->queue ? -1 : 0);
        if (pthread_create(&threads[i], NULL, l->queue ? consumer : publisher, l) != 0)
            die("no more threads");
        while (atomic_load(&l->done) < 0) /* a message to no queue would be refused */
            pause_ms(1);
    }
}

void part_broker(void)
{
    pthread_t threads[LANES];

    world_env("AMQP_HOST");
    start(threads);
    pause_ms(500 + (long)(bench_warm() * 1000));
    for (size_t run = 0; run < bench_runs(); run++) {
        const int64_t before = slowest();

        pause_ms((long)(bench_seconds() * 1000 / 2));
        figure_add(MORE_IS_BETTER, "sagas/s", (double)(slowest() - before) / (bench_seconds() / 2),
                   "limits.rabbitmq");
    }
    stopping = true;
    for (size_t i = 0; i < LANES; i++)
        pthread_join(threads[i], NULL);
    figures_tell();
}
