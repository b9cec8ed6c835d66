/* http.c - the HTTP server: its socket, its threads, and a stop that loses nothing. */
#include "http.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "clock.h"
#include "http_client.h"
#include "http_internal.h"
#include "log.h"

enum {
    DRAIN_S = 10,    /* how long a stop waits for answers to leave */
    LINGER_MS = 300, /* and for a last request on connections that are kept open */
    /* A request's head, a piece of its body, and the answer's head; beyond: 431. A kept
     * connection keeps it. */
    CONNECTION_BYTES = 16 * 1024,
    LISTEN_BACKLOG = 511,
    FIRST_CLASS = 2, /* of status codes: nobody answers 1xx */
};

/* --- the queue ------------------------------------------------------------ */

bool http_enqueue(struct http_server *s, struct http_exchange *x)
{
    bool accepted;

    x->queued_ms = clock_mono_ms();
    pthread_mutex_lock(&s->lock);
    accepted = !s->stopping && s->queued < s->opt.queue_limit;
    if (accepted) {
        /* Suspend first: a worker may resume it before we return. */
        MHD_suspend_connection(x->conn);
        x->accepted = true;
        x->next = NULL;
        *s->tail = x;
        s->tail = &x->next;
        s->queued++;
        s->in_flight++;
        metric_add(s->in_flight_gauge, 1);
    }
    pthread_mutex_unlock(&s->lock);
    if (accepted) /* not before, or who wakes up would wait for the lock */
        sem_post(&s->work);
    return accepted;
}

static struct http_exchange *dequeue(struct http_server *s)
{
    struct http_exchange *x;

    while (sem_wait(&s->work) != 0)
        ; /* a signal came */
    pthread_mutex_lock(&s->lock);
    x = s->head;
    if (x) {
        s->head = x->next;
        if (!s->head)
            s->tail = &s->head;
        s->queued--;
    }
    pthread_mutex_unlock(&s->lock);
    return x; /* NULL: stopping, and the queue is drained */
}

void http_finished(struct http_server *s)
{
    metric_add(s->in_flight_gauge, -1);
    pthread_mutex_lock(&s->lock);
    s->in_flight--;
    if (s->in_flight == 0)
        pthread_cond_signal(&s->idle);
    pthread_mutex_unlock(&s->lock);
}

/* Its client has given up or is about to, and others wait behind it: the sooner it goes,
 * the less of what is done here is done for nobody. */
static bool too_late(struct http_server *s, struct http_exchange *x)
{
    if (s->opt.wait_ms == 0 || clock_mono_ms() - x->queued_ms <= s->opt.wait_ms)
        return false;
    metric_add(s->rejected, 1);
    http_refuse(x, 503, "the request has waited for too long; nothing was done");
    return true;
}

static void *worker(void *arg)
{
    struct http_server *s = arg;
    struct http_worker w = {.opt = &s->opt, .client = http_client_new(), .scratch = arena_new()};
    struct http_exchange *x;

    if (s->opt.db.url)
        w.db = db_open(&s->opt.db);
    while ((x = dequeue(s)) != NULL) {
        if (!too_late(s, x))
            http_dispatch(&w, x);
        MHD_resume_connection(x->conn); /* from here on 'x' is the event thread's */
        arena_reset(w.scratch);
    }
    http_client_free(w.client);
    db_close(w.db);
    arena_free(w.scratch);
    return NULL;
}

/* --- start ---------------------------------------------------------------- */

static struct err check_routes(struct arena *a, const struct http_options *opt)
{
    for (size_t i = 0; i < opt->nroutes; i++) {
        const struct http_route *r = &opt->routes[i];

        if (!opt->auth && (r->access == HTTP_USER || r->access == HTTP_ADMIN))
            return err_new(a, ERR_INTERNAL, "%s %s needs a key to verify tokens with", r->method,
                           r->pattern);
    }
    return OK;
}

static struct err listen_on(struct arena *a, const char *address, uint16_t port, int *out)
{
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int on = 1;
    int fd, failed;

    if (getaddrinfo(address, arena_printf(a, "%u", port), &hints, &found) != 0)
        return err_new(a, ERR_INVALID, "%s is no address to listen on", address);
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    failed = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
             bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, LISTEN_BACKLOG) != 0;
    freeaddrinfo(found);
    if (failed) {
        struct err err = err_new(a, ERR_UNAVAILABLE, "cannot listen on %s port %u: %s", address,
                                 port, strerror(errno));
        if (fd >= 0)
            close(fd);
        return err;
    }
    *out = fd;
    return OK;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    char port[6] = "0";

    if (getsockname(fd, (struct sockaddr *)&bound, &len) == 0)
        (void)getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof(port),
                          NI_NUMERICSERV);
    return (uint16_t)strtoul(port, NULL, 10);
}

static void make_metrics(struct arena *a, struct http_server *s)
{
    s->in_flight_gauge = metric_gauge("waybill_http_requests_in_flight", NULL,
                                      "Requests accepted and not yet answered");
    s->rejected = metric_counter("waybill_http_requests_rejected_total", NULL,
                                 "Requests refused, for the queue was full or the wait too long");
    for (size_t i = 0; i <= s->opt.nroutes; i++) {
        bool known = i < s->opt.nroutes;
        const char *labels =
            arena_printf(a, "route=\"%s\",method=\"%s\"", known ? s->opt.routes[i].pattern : "none",
                         known ? s->opt.routes[i].method : "any");

        s->metrics[i].seconds = metric_histogram("waybill_http_request_duration_seconds", labels,
                                                 "From the request line to the answer");
        for (int class = FIRST_CLASS; class < HTTP_STATUS_CLASSES; class ++)
            s->metrics[i].requests[class] = metric_counter(
                "waybill_http_requests_total", arena_printf(a, "%s,status=\"%dxx\"", labels, class),
                "Requests answered");
    }
}

static struct http_server *server_new(struct arena *a, const struct http_options *opt)
{
    struct http_server *s = calloc(1, sizeof(*s));
    pthread_condattr_t monotonic;

    if (!s)
        abort();
    s->opt = *opt;
    s->listener = -1;
    s->tail = &s->head;
    s->threads = calloc(opt->workers, sizeof(*s->threads));
    s->metrics = calloc(opt->nroutes + 1, sizeof(*s->metrics));
    if (!s->threads || !s->metrics)
        abort();
    make_metrics(a, s);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&s->lock, NULL);
    sem_init(&s->work, 0, 0);
    pthread_cond_init(&s->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return s;
}

static void server_free(struct http_server *s)
{
    if (s->listener >= 0)
        close(s->listener);
    pthread_mutex_destroy(&s->lock);
    sem_destroy(&s->work);
    pthread_cond_destroy(&s->idle);
    free(s->metrics);
    free(s->threads);
    free(s);
}

/* One event thread: it only moves bytes, and with more of them the connection limit would be
 * divided among them. With poll(2), not epoll: libmicrohttpd 0.9.75 takes 128 events of epoll
 * at once, and when there are just as many it waits for the next before it looks at them. And
 * with some hundred connections poll is no slower, for a request that is handed to a worker
 * leaves epoll's set and comes back. */
static struct MHD_Daemon *daemon_start(struct http_server *s)
{
    return MHD_start_daemon(
        MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, s->port, NULL,
        NULL, http_on_request, s, MHD_OPTION_EXTERNAL_LOGGER, http_on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, s->listener, MHD_OPTION_URI_LOG_CALLBACK, http_on_target, s,
        MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, s, MHD_OPTION_CONNECTION_LIMIT,
        s->opt.max_connections, MHD_OPTION_CONNECTION_TIMEOUT, s->opt.idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
}

struct err http_start(struct arena *a, const struct http_options *opt, struct http_server **out)
{
    struct http_server *s;
    struct err err;

    err = check_routes(a, opt);
    if (err.code)
        return err;
    s = server_new(a, opt);
    err = listen_on(a, opt->address, opt->port, &s->listener);
    if (err.code) {
        server_free(s);
        return err;
    }
    s->port = bound_port(s->listener);
    s->daemon = daemon_start(s);
    if (!s->daemon) {
        server_free(s);
        return err_new(a, ERR_UNAVAILABLE, "libmicrohttpd did not start");
    }
    for (; s->nthreads < opt->workers; s->nthreads++)
        if (pthread_create(&s->threads[s->nthreads], NULL, worker, s) != 0)
            abort();
    *out = s;
    return OK;
}

uint16_t http_port(const struct http_server *s)
{
    return s->port;
}

/* --- stop ----------------------------------------------------------------- */

/* The kernel has made connections that nobody has accepted yet, and closing the socket
 * would reset them, perhaps with a request in them. They are let in; who comes later is
 * refused before anything is sent, so that even a POST may go to another instance. */
static void close_door(struct http_server *s)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    int fd;

    MHD_quiesce_daemon(s->daemon);
    while ((fd = accept4(s->listener, (struct sockaddr *)&from, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        MHD_add_connection(s->daemon, fd, (struct sockaddr *)&from, len);
        len = sizeof(from);
    }
    shutdown(s->listener, SHUT_RDWR); /* not close(): the event thread may hold its number */
}

/* Answers say "Connection: close" now. A peer that keeps connections (the gateway) may be
 * sending on one of them, and would not know whether a request that meets its end was run. */
static void linger(struct http_server *s)
{
    const struct timespec moment = {.tv_nsec = 10 * 1000000L};
    const int64_t until = clock_mono_ms() + LINGER_MS;

    while (clock_mono_ms() < until &&
           MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections > 0)
        nanosleep(&moment, NULL);
}

/* Wait until every accepted request has its answer on the way; then take no more. */
static bool drain(struct http_server *s)
{
    struct timespec until;
    int waited = 0;
    bool drained;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DRAIN_S;
    pthread_mutex_lock(&s->lock);
    while (s->in_flight > 0 && waited == 0)
        waited = pthread_cond_timedwait(&s->idle, &s->lock, &until);
    drained = s->in_flight == 0;
    s->stopping = true;
    pthread_mutex_unlock(&s->lock);
    for (unsigned i = 0; i < s->nthreads; i++)
        sem_post(&s->work);
    return drained;
}

/* Order matters: libmicrohttpd panics when stopped while a connection is suspended, so
 * the workers end first. One that is stuck keeps its server: the process is about to
 * end anyway. */
void http_stop(struct http_server *s)
{
    if (!s)
        return;
    atomic_store(&s->draining, true);
    close_door(s);
    linger(s);
    if (!drain(s)) {
        log_error("requests are still running after %d s, stopping without them", DRAIN_S);
        return;
    }
    for (unsigned i = 0; i < s->nthreads; i++)
        pthread_join(s->threads[i], NULL);
    MHD_stop_daemon(s->daemon);
    server_free(s);
}
