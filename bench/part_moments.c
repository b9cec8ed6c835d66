/* part_moments.c - are the moments that PostgreSQL notes those that a customer sees? Orders one
 * by one, each asked for over and over until it says CONFIRMED. */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "conn.h"
#include "figures.h"
#include "most.h"
#include "parts.h"
#include "saga.h"
#include "shop.h"
#include "world.h"

enum { ORDERS = 50, ANSWER_MS = 5000, ASKED_AT_MOST = 50000 };

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* The body of its answer. */
static const char *say(struct conn *c, const char *request)
{
    struct pollfd fd = {.fd = c->fd, .events = POLLIN};
    struct answer a = {.status = 0};
    int rc = conn_send(c, request, strlen(request)) ? 0 : -1;

    while (rc == 0)
        rc = poll(&fd, 1, ANSWER_MS) == 1 ? conn_receive(c, &a) : -1;
    if (rc < 0 || a.status < 200 || a.status > 299)
        die("no answer to: %.60s", request);
    return a.body;
}

/* When a customer saw it confirmed. */
static int64_t await_confirmed(struct conn *c, const struct saga *s, const char *token)
{
    const char *request = most_get(text("/api/v1/orders/%s", s->id), token);

    for (int i = 0; i < ASKED_AT_MOST; i++)
        if (!strstr(say(c, request), "\"status\":\"PENDING\""))
            return now_ns();
    die("order %s is not confirmed", s->id);
}

static int64_t seen_ns_of(const struct saga seen[], const char *id)
{
    for (size_t i = 0; i < ORDERS; i++)
        if (strcmp(seen[i].id, id) == 0)
            return seen[i].at_ns[CONFIRMED];
    die("order %s was not asked for", id);
}

static void place_and_watch(struct saga *seen)
{
    static struct conn c;
    char request[LOAD_MAX_REQUEST];
    const char *token;

    if (!conn_open(&c, port_of("ORDER_URL")))
        die("the order service does not listen");
    request[shop_order(request, sizeof(request) - 1)] = '\0';
    token = strstr(request, "Bearer ") + strlen("Bearer ");
    token = text("%.*s", (int)strcspn(token, "\r"), token);
    saga_note(seen, now_ns(), say(&c, request));
    seen->at_ns[CONFIRMED] = await_confirmed(&c, seen, token);
    conn_close(&c);
}

void part_moments(void)
{
    struct saga seen[ORDERS] = {{.due_ns = 0}}, noted[ORDERS];
    struct histogram *later = calloc(1, sizeof(*later));

    for (size_t i = 0; i < ORDERS; i++)
        place_and_watch(&seen[i]);
    sagas_drain();
    memcpy(noted, seen, sizeof(noted));
    saga_moments(noted, ORDERS);
    for (size_t i = 0; i < ORDERS; i++) {
        const int64_t ns = seen_ns_of(seen, noted[i].id) - noted[i].at_ns[CONFIRMED];

        if (ns < 0)
            die("order %s was seen confirmed %" PRId64 " ns before it was", noted[i].id, -ns);
        histogram_add(later, ns);
    }
    figure_add_percentiles("generator.check.seen_later", later);
    figures_tell();
    free(later);
}
