/* test_slow.c - clients that take their time, fall silent, vanish, or come in thousands:
 * others are served meanwhile, no process ends, and memory stays bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "books.h"
#include "swarm.h"
#include "watch.h"
#include "world.h"

#define BODY                                                                                       \
    "POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"                \
    "Content-Length: 60000\r\n\r\n{"

enum {
    CROWD = 150, /* of each kind */
    DIRECT = 60, /* of each kind, at a service's own port, which takes 512 */
    IDLE = 10000,
    AT_ONE_ADDRESS = 1000, /* GATEWAY_CONNECTIONS */
    TOO_MANY = 200,
    PATIENCE_S = 60,
    MUST_SERVE = 20, /* requests of others */
    MUST_BEAT = 5,
    QUESTIONS = 400,
    PAGE = 100,
    SIP = 4096,
    ALMOST = 59000, /* bytes of a body of 60000 */
};

static const struct manners slow_line = {"request line", "GET /api/v1/pro", "ducts", 0};
static const struct manners slow_head = {
    "headers", "GET /api/v1/products HTTP/1.1\r\nHost: x\r\nX-Slow: ", "slow", 0};
static const struct manners slow_body = {"body", BODY, " ", 0};
static const struct manners silent = {"silence", "", NULL, 0};
static const struct manners half_a_request = {"half a request", "POST /api/v1/ord", NULL, 0};
static const struct manners half_a_body = {"half a body", BODY "\"email\":", NULL, 0};

static void a_second_passes(void)
{
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
}

/* The swarms go on until the last of the first 'impatient' of them are cut off and others
 * were served. */
static void beat_until_cut_off(struct swarm *swarms[], size_t n, size_t impatient)
{
    const time_t deadline = time(NULL) + PATIENCE_S;
    bool over = false;

    for (int beats = 0; !over && time(NULL) <= deadline; beats++) {
        over = beats >= MUST_BEAT && watch_served() >= MUST_SERVE;
        for (size_t i = 0; i < n; i++) {
            swarm_beat(swarms[i]);
            over = over && (i >= impatient || swarm_cut_off(swarms[i]) == swarm_size(swarms[i]));
        }
        a_second_passes();
    }
    if (!over)
        fail_msg("slow clients still hold their connections after %d s", PATIENCE_S);
}

static int port_of(const char *url_variable)
{
    return (int)strtol(strrchr(world_env(url_variable), ':') + 1, NULL, 10);
}

/* --- slow ----------------------------------------------------------------- */

/* Whatever ran before, its pages are full. */
static void fill_a_page(void)
{
    for (int i = 0; i < PAGE; i++)
        product_new(100, 1, true);
}

/* Asks for far more at once than it will ever read. */
static struct manners slow_reader(void)
{
    static const char one[] = "GET /api/v1/products?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n";
    char *all = calloc(QUESTIONS, sizeof(one)), *end = all;
    const char *kept;

    assert_non_null(all);
    for (int i = 0; i < QUESTIONS; i++)
        end = stpcpy(end, one);
    kept = text("%s", all);
    free(all);
    return (struct manners){"reader", kept, NULL, SIP};
}

/* All but the last are cut off by the gateway: who has not said what they want after 10 s,
 * or not read. A body may dribble, but only in so many places at once. */
static void slow_clients_of_the_gateway_keep_nobody_waiting(void **state)
{
    const int port = world_port("GATEWAY_PORT");
    struct swarm *swarms[7];
    const struct manners reader = slow_reader();
    const struct manners *const kinds[] = {&slow_line,   &slow_head, &silent,   &half_a_request,
                                           &half_a_body, &reader,    &slow_body};
    const size_t n = sizeof(kinds) / sizeof(kinds[0]);

    (void)state;
    fill_a_page();
    watch_begin(WATCH_ORDERS_TOO);
    for (size_t i = 0; i < n; i++)
        swarms[i] = swarm_open(kinds[i], port, CROWD, 10 + (int)i, CROWD);
    beat_until_cut_off(swarms, n, n - 1);
    for (size_t i = 0; i < n; i++)
        swarm_close(swarms[i]);
    watch_end();
}

static void slow_clients_of_a_service_keep_nobody_waiting(void **state)
{
    const int port = port_of("ORDER_URL");
    struct swarm *swarms[5];
    const struct manners *const kinds[] = {&slow_line, &slow_head, &half_a_request, &slow_body,
                                           &silent};
    const size_t n = sizeof(kinds) / sizeof(kinds[0]);

    (void)state;
    watch_begin(WATCH_ORDERS_TOO);
    for (size_t i = 0; i < n; i++)
        swarms[i] = swarm_open(kinds[i], port, DIRECT, 0, DIRECT);
    beat_until_cut_off(swarms, n, 0);
    for (size_t i = 0; i < n; i++)
        swarm_vanish(swarms[i]);
    watch_end();
}

/* --- gone ----------------------------------------------------------------- */

/* In the middle of the request line, the body, and the answer that is being made. */
static void clients_that_vanish_leave_nothing_behind(void **state)
{
    static const struct manners asks = {
        "question", "GET /api/v1/products?limit=100 HTTP/1.1\r\nHost: x\r\n\r\n", NULL, 0};
    const struct manners *const kinds[] = {&half_a_request, &half_a_body, &asks};
    const int ports[] = {world_port("GATEWAY_PORT"), port_of("INVENTORY_URL")};

    (void)state;
    watch_begin(WATCH_ORDERS_TOO);
    for (int round = 0; round < 10 || watch_served() < MUST_SERVE; round++)
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
            for (size_t p = 0; p < sizeof(ports) / sizeof(ports[0]); p++)
                swarm_vanish(swarm_open(kinds[i], ports[p], DIRECT, 0, DIRECT));
    watch_end();
}

/* --- many ----------------------------------------------------------------- */

static void ten_thousand_idle_connections_keep_nobody_waiting(void **state)
{
    const size_t room = swarm_room(IDLE);
    struct swarm *idle;

    (void)state;
    if (room < IDLE)
        print_message("    this machine's limit allows %zu connections, not %d\n", room, IDLE);
    watch_begin(WATCH_ORDERS_TOO);
    idle = swarm_open(&silent, world_port("GATEWAY_PORT"), room, 20, AT_ONE_ADDRESS);
    print_message("    %zu idle connections\n", swarm_size(idle));
    assert_int_equal(swarm_size(idle), room);
    beat_until_cut_off(&idle, 1, 0);
    swarm_close(idle);
    watch_end();
}

/* Requests under way are what costs, most of all those of which nothing but the end is
 * missing; so one address may have only so many. */
static void one_address_cannot_take_every_place(void **state)
{
    const struct manners endless = {"endless", text("%s%*s", BODY, ALMOST, ""), " ", 0};
    struct swarm *crowd;

    (void)state;
    if (getenv("CLIENT_ADDRESSES_HIDDEN"))
        skip();
    watch_begin(WATCH_ORDERS_TOO);
    crowd = swarm_open(&endless, world_port("GATEWAY_PORT"), AT_ONE_ADDRESS + TOO_MANY, 60,
                       AT_ONE_ADDRESS + TOO_MANY);
    for (int looks = 0; looks < PATIENCE_S && swarm_answered(crowd, 429) < TOO_MANY; looks++) {
        swarm_beat(crowd);
        a_second_passes();
    }
    assert_int_equal(swarm_answered(crowd, 429), TOO_MANY);
    while (watch_served() < MUST_SERVE)
        a_second_passes();
    swarm_vanish(crowd);
    watch_end();
}

static void the_books_balance_afterwards(void **state)
{
    (void)state;
    await_healthy();
    books_must_balance();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_clients_of_the_gateway_keep_nobody_waiting),
        cmocka_unit_test(slow_clients_of_a_service_keep_nobody_waiting),
        cmocka_unit_test(clients_that_vanish_leave_nothing_behind),
        cmocka_unit_test(ten_thousand_idle_connections_keep_nobody_waiting),
        cmocka_unit_test(one_address_cannot_take_every_place),
        cmocka_unit_test(the_books_balance_afterwards),
    };

    return cmocka_run_group_tests_name("slow and silent clients", tests, NULL, NULL);
}
