/* part_writes.c - POST /orders as fast as it goes; what follows from the orders comes later. */
#include <stdio.h>

#include "figures.h"
#include "most.h"
#include "parts.h"
#include "saga.h"
#include "settings.h"
#include "shop.h"

static size_t write_order(void *arg, size_t n, char text[LOAD_MAX_REQUEST])
{
    (void)arg, (void)n;
    return shop_order(text, LOAD_MAX_REQUEST);
}

static void measure(const char *name, const char *url)
{
    most_measure(
        &(struct load){
            .port = port_of(url),
            .connections = MOST_CONNECTIONS,
            .warm_s = bench_warm() / 2,
            .seconds = bench_seconds() / 4,
            .request = write_order,
        },
        name, "orders/s", sagas_drain);
}

void part_writes(void)
{
    measure("writes.order.direct", "ORDER_URL");
    measure("writes.order.gateway", "GATEWAY_URL");
    figures_tell();
}
