/* part_http.c - libmicrohttpd and the gateway with next to nothing behind them. */
#include <microhttpd.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "figures.h"
#include "most.h"
#include "parts.h"
#include "settings.h"
#include "shop.h"
#include "world.h"

/* As long as an order. */
static const char constant[] =
    "{\"id\":\"01a1f8ce-0000-7000-8000-000000000000\",\"user_id\":\"01a1f8ce-0000-7000-8000-"
    "000000000001\",\"status\":\"SHIPPED\",\"payment_method\":\"pm_ok\",\"currency\":\"EUR\","
    "\"total\":1000,\"lines\":[{\"sku\":\"T-1792591200000000\",\"quantity\":1,\"unit_price\":1000}]"
    ","
    "\"reason\":null,\"tracking_number\":\"WB0000000000000000\",\"version\":3,\"created_at\":"
    "\"2026-01-01T00:00:00.000Z\",\"updated_at\":\"2026-01-01T00:00:00.000Z\"}";

/* cls and what follows are as libmicrohttpd wants them. Who answers at the first call, when
 * only the head has been read, has the connection closed behind the answer. */
static enum MHD_Result answer(void *response, struct MHD_Connection *conn, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    (void)url, (void)method, (void)version, (void)upload;
    *upload_size = 0; /* nothing is left over */
    if (!*state) {
        *state = response;
        return MHD_YES;
    }
    return MHD_queue_response(conn, MHD_HTTP_OK, response);
}

void part_constant(void)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        strlen(constant), (void *)(uintptr_t)constant, MHD_RESPMEM_PERSISTENT);
    struct MHD_Daemon *daemon;

    MHD_add_response_header(response, "Content-Type", "application/json");
    daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG,
                              (uint16_t)world_port("ORDER_1_PORT"), NULL, NULL, answer, response,
                              MHD_OPTION_END);
    if (!daemon)
        die("the order service's port is not free: stop it first");
    for (;;)
        pause();
}

static void measure(const char *name, const char *url, struct most_list *list)
{
    most_measure(
        &(struct load){
            .port = port_of(url),
            .connections = MOST_CONNECTIONS,
            .warm_s = bench_warm(),
            .seconds = bench_seconds() / 3,
            .request = most_next,
            .arg = list,
        },
        name, "answers/s", NULL);
}

/* The same request as for an order, token and all. */
void part_http(void)
{
    const char *get = most_get("/api/v1/orders/01a1f8ce-0000-7000-8000-000000000000",
                               shop_token("01a1f8ce-0000-7000-8000-000000000001"));
    struct most_list list = {.texts = &get, .n = 1};

    measure("limits.mhd", "ORDER_URL", &list);
    measure("limits.gateway", "GATEWAY_URL", &list);
    figures_tell();
}
