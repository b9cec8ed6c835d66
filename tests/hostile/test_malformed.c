/* test_malformed.c - what is no proper request, or two in one: it is refused, nothing of
 * it is carried out, nothing reaches /internal, and others are served.
 *
 * Each case goes to the gateway, and then to a service itself, which has to be as strict
 * for the day on which another gateway stands before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "books.h"
#include "crowd.h"
#include "malformed.h"
#include "raw.h"
#include "watch.h"
#include "world.h"

/* What a smuggler wants: a request in the body of another, or behind it, that is carried
 * out. It registers a user whom we can look for. */
static const char *smuggled_request(const char *email)
{
    const char *body =
        text("{\"email\":\"%s\",\"name\":\"Smuggled\",\"password\":\"correct horse\"}", email);

    return text("POST /api/v1/users HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Content-Length: %zu\r\n\r\n%s",
                strlen(body), body);
}

static int64_t registered(const char *email)
{
    return sql_int_of("user", "SELECT count(*) FROM users WHERE email = $1", email);
}

/* --- one case ------------------------------------------------------------- */

struct bout {
    int port;
    bool inside;
    const char *email, *request, *length; /* what is smuggled */
    char *wrong[MALFORMED_MAX];           /* NULL: all was well */
};

static size_t fill(char *to, const struct malformed *m, const struct bout *b)
{
    char *at = to;

    for (size_t i = 0; i < m->len; i++)
        if (m->bytes[i] == *SMUGGLED)
            at = stpcpy(at, b->request);
        else if (m->bytes[i] == *LENGTH)
            at = stpcpy(at, b->length);
        else
            *at++ = m->bytes[i];
    for (size_t i = 0; i < m->flood; i++)
        at = stpcpy(at, m->piece);
    return (size_t)(at - to);
}

/* The gateway is ours, so we know its every answer. */
static bool as_written(const struct heard *h, const struct malformed *m)
{
    size_t n = 0;

    while (n < MALFORMED_ANSWERS && m->answers[n] != 0)
        n++;
    return h->n == n && memcmp(h->statuses, m->answers, n * sizeof(h->statuses[0])) == 0 &&
           (n > 0 || h->len == 0);
}

/* What a service answers to nonsense is libmicrohttpd's affair and differs by its version,
 * but it is never a yes. */
static bool all_refused(const struct heard *h)
{
    for (size_t i = 0; i < h->n; i++)
        if (h->statuses[i] < 400)
            return false;
    return true;
}

/* After each case comes a good-bye, so that the other side closes in any event. */
static void attack(size_t i, void *arg)
{
    static const char goodbye[] = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct bout *b = arg;
    const struct malformed *m = &malformed_list[i];
    const size_t most = m->len * (strlen(b->request) + 1) + m->flood * 16;
    char *bytes = malloc(most + 1);
    int fd = raw_connect(b->port, 0, 0);
    struct heard h;

    if (!bytes || fd < 0)
        abort();
    raw_say(fd, bytes, fill(bytes, m, b));
    raw_say(fd, goodbye, strlen(goodbye));
    h = raw_hear(fd);
    if (!h.closed || !(b->inside ? all_refused(&h) : as_written(&h, m)))
        b->wrong[i] =
            text("%s (%s): %zu answers, %s: %.600s", m->name, b->inside ? "inside" : "outside", h.n,
                 h.closed ? "then closed" : "and still open", h.bytes);
    free(h.bytes);
    free(bytes);
    close(fd);
}

static void attack_all(struct bout *b)
{
    int wrong = 0;

    b->email = text("smuggled-%d-%d@example.com", (int)getpid(), b->port);
    b->request = smuggled_request(b->email);
    b->length = text("%zu", strlen(b->request));
    crowd_run(malformed_n, attack, b);
    for (size_t i = 0; i < malformed_n; i++)
        if (b->wrong[i]) {
            print_error("%s\n", b->wrong[i]);
            wrong++;
        }
    assert_int_equal(wrong, 0);
    assert_int_equal(registered(b->email), 0);
}

/* --- /internal ------------------------------------------------------------ */

/* How often a service was asked for anything under /internal. */
static long internal_requests(void)
{
    static const char *const services[] = {"USER_URL", "INVENTORY_URL"};
    static const char name[] = "waybill_http_requests_total{route=\"/internal/";
    long sum = 0;

    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        struct reply r =
            client_send(&(struct request){.url = text("%s/metrics", world_env(services[i]))});

        assert_int_equal(r.status, 200);
        for (const char *at = r.body; (at = strstr(at, name)) != NULL; at++) {
            const char *value = strstr(at, "} ");

            assert_non_null(value);
            sum += strtol(value + 2, NULL, 10);
        }
        reply_free(&r);
    }
    return sum;
}

static bool quiet(void *arg)
{
    int64_t count;

    (void)arg;
    return !books_noise(&count);
}

/* --- the tests ------------------------------------------------------------ */

/* So that the tests below mean something: sent openly, the request is carried out. */
static void what_is_smuggled_would_have_an_effect(void **state)
{
    const char *email = text("open-%d@example.com", (int)getpid());
    const char *request = smuggled_request(email);
    int fd = raw_connect(world_port("GATEWAY_PORT"), 0, 0);
    struct heard h;

    (void)state;
    raw_say(fd, request, strlen(request));
    raw_say(fd, "\r\n", 2);
    raw_say(fd, "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 54);
    h = raw_hear(fd);
    assert_int_equal(h.n, 2);
    assert_int_equal(h.statuses[0], 201);
    assert_int_equal(registered(email), 1);
    free(h.bytes);
    close(fd);
}

static void the_gateway_refuses_it_and_carries_nothing_out(void **state)
{
    struct bout b = {.port = world_port("GATEWAY_PORT")};
    long before;

    (void)state;
    assert_true(await(quiet, NULL, 90)); /* an order asks /internal itself */
    before = internal_requests();
    watch_begin(WATCH_READS_ONLY);
    attack_all(&b);
    watch_end();
    assert_int_equal(internal_requests(), before);
}

static void a_service_refuses_it_and_carries_nothing_out(void **state)
{
    struct bout b = {.inside = true};

    (void)state;
    b.port = (int)strtol(strrchr(world_env("USER_URL"), ':') + 1, NULL, 10);
    watch_begin(WATCH_READS_ONLY);
    attack_all(&b);
    watch_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_smuggled_would_have_an_effect),
        cmocka_unit_test(the_gateway_refuses_it_and_carries_nothing_out),
        cmocka_unit_test(a_service_refuses_it_and_carries_nothing_out),
    };

    return cmocka_run_group_tests_name("malformed requests", tests, NULL, NULL);
}
