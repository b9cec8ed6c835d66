/* load.c - the load generator. */
#include "load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"

enum { EVENTS = 64, PATIENCE_S = 10 };
static const int64_t second = 1000000000;

struct run {
    const struct load *l;
    struct load_result *r;
    struct conn *conns;
    struct conn **idle; /* a stack: the fewest connections do the work */
    size_t nidle, nbusy;
    int epoll, timer;
    int64_t *due;      /* by CLOCK_MONOTONIC; open loop only */
    size_t n;          /* how many are due in all */
    size_t seen, next; /* those whose time has come, those sent */
    int64_t counts_ns, ends_ns, wall_ns;
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * second + now.tv_nsec;
}

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

/* --- the schedule ------------------------------------------------------------- */

static double interval_s(const struct load *l)
{
    return l->poisson ? -log(1 - drand48()) / l->rate : 1 / l->rate;
}

size_t load_arrivals(const struct load *l)
{
    return (size_t)((l->warm_s + l->seconds) * l->rate * 1.5) + 64;
}

static void schedule(struct run *run, int64_t start_ns)
{
    const struct load *l = run->l;
    const double ends_s = l->warm_s + l->seconds;
    const size_t room = load_arrivals(l);
    double at_s = interval_s(l);

    run->due = must(calloc(room, sizeof(*run->due)));
    while (at_s < ends_s && run->n < room) {
        run->due[run->n++] = start_ns + (int64_t)(at_s * (double)second);
        at_s += interval_s(l);
    }
}

static bool open_loop(const struct run *run)
{
    return run->l->rate > 0;
}

static void set_timer(const struct run *run)
{
    const int64_t at = run->seen < run->n ? run->due[run->seen] : 0;
    const struct itimerspec when = {
        .it_value = {at / second, at % second}
    };

    timerfd_settime(run->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

/* --- connections -------------------------------------------------------------- */

static bool connect_one(struct run *run, struct conn *c)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP, .data.ptr = c};

    if (!conn_open(c, run->l->port))
        return false;
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, c->fd, &e);
    run->idle[run->nidle++] = c;
    return true;
}

static void forget_idle(struct run *run, const struct conn *c)
{
    for (size_t i = 0; i < run->nidle; i++)
        if (run->idle[i] == c)
            run->idle[i] = run->idle[--run->nidle];
}

/* A server may close a connection that has served long enough, or is idle. */
static void renew(struct run *run, struct conn *c)
{
    if (c->busy)
        run->nbusy--;
    else
        forget_idle(run, c);
    conn_close(c);
    connect_one(run, c);
}

/* --- requests ----------------------------------------------------------------- */

static void send_next(struct run *run, int64_t due_ns)
{
    static char text[LOAD_MAX_REQUEST];
    struct conn *c = run->idle[--run->nidle];
    size_t len = run->l->request(run->l->arg, run->next, text);

    c->request = run->next++;
    c->due_ns = due_ns;
    run->nbusy++;
    run->r->sent++;
    if (!conn_send(c, text, len)) {
        run->r->broken++;
        renew(run, c);
    }
}

static void see_what_is_due(struct run *run, int64_t now)
{
    const size_t before = run->seen;

    for (; run->seen < run->n && run->due[run->seen] <= now; run->seen++)
        histogram_add(&run->r->late, now - run->due[run->seen]);
    if (run->seen > before)
        set_timer(run);
}

static void pump(struct run *run)
{
    const int64_t now = now_ns(CLOCK_MONOTONIC);

    if (!open_loop(run)) {
        while (run->nidle > 0 && now < run->ends_ns)
            send_next(run, now);
        return;
    }
    see_what_is_due(run, now);
    while (run->nidle > 0 && run->next < run->seen)
        send_next(run, run->due[run->next]);
}

static bool is_2xx(int status)
{
    return status >= 200 && status < 300;
}

static void count(struct run *run, const struct conn *c, const struct answer *a)
{
    const int64_t now = now_ns(CLOCK_MONOTONIC);
    const int64_t counts_by = open_loop(run) ? c->due_ns : now;

    if (!is_2xx(a->status)) {
        run->r->refused++;
        run->r->status = a->status;
        return;
    }
    if (counts_by >= run->counts_ns && counts_by < run->ends_ns) {
        histogram_add(&run->r->latency, now - c->due_ns);
        run->r->answered++;
    }
    if (run->l->answered)
        run->l->answered(run->l->arg, c->request, c->due_ns + run->wall_ns, a->body);
}

static void hear(struct run *run, struct conn *c)
{
    struct answer a;
    const int rc = conn_receive(c, &a);

    if (rc == 0)
        return;
    if (rc < 0 || !c->busy) {
        run->r->broken += c->busy;
        renew(run, c);
        return;
    }
    count(run, c, &a);
    if (a.closes) {
        renew(run, c);
        return;
    }
    c->busy = false;
    run->nbusy--;
    run->idle[run->nidle++] = c;
}

/* --- running ------------------------------------------------------------------ */

static bool over(const struct run *run)
{
    const int64_t now = now_ns(CLOCK_MONOTONIC);
    const bool all_sent = open_loop(run) ? run->next == run->n : now >= run->ends_ns;

    return (all_sent && run->nbusy == 0) || now > run->ends_ns + PATIENCE_S * second;
}

static void wait_and_hear(struct run *run)
{
    struct epoll_event events[EVENTS];
    const int n = epoll_wait(run->epoll, events, EVENTS, 100);

    for (int i = 0; i < n; i++) {
        uint64_t expired;

        if (events[i].data.ptr)
            hear(run, events[i].data.ptr);
        else if (read(run->timer, &expired, sizeof(expired)) < 0)
            continue; /* it was set anew */
    }
}

static void prepare(struct run *run)
{
    const int64_t start_ns = now_ns(CLOCK_MONOTONIC) + second / 100;
    const int64_t warm_ns = (int64_t)(run->l->warm_s * (double)second);

    run->counts_ns = start_ns + warm_ns;
    run->ends_ns = run->counts_ns + (int64_t)(run->l->seconds * (double)second);
    run->wall_ns = now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC);
    run->r->began_ns = run->counts_ns + run->wall_ns;
    run->r->ended_ns = run->ends_ns + run->wall_ns;
    if (open_loop(run)) {
        schedule(run, start_ns);
        set_timer(run);
    }
}

static bool open_all(struct run *run)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};

    prctl(PR_SET_TIMERSLACK, 1);
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    run->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, run->timer, &e);
    run->conns = must(calloc((size_t)run->l->connections, sizeof(*run->conns)));
    run->idle = must(calloc((size_t)run->l->connections, sizeof(struct conn *)));
    for (int i = 0; i < run->l->connections; i++)
        if (!connect_one(run, &run->conns[i]))
            return i > 0;
    return true;
}

static void close_all(struct run *run)
{
    for (int i = 0; i < run->l->connections; i++)
        if (run->conns[i].fd > 0)
            conn_close(&run->conns[i]);
    close(run->timer);
    close(run->epoll);
    free(run->due);
    free(run->idle);
    free(run->conns);
}

struct load_result *load_run(const struct load *l)
{
    struct run run = {.l = l, .r = must(calloc(1, sizeof(struct load_result)))};

    if (!open_all(&run)) {
        fprintf(stderr, "nobody listens on port %d\n", l->port);
        close_all(&run);
        free(run.r);
        return NULL;
    }
    prepare(&run);
    while (!over(&run)) {
        pump(&run);
        wait_and_hear(&run);
    }
    run.r->broken += run.nbusy + (run.n - run.next) * open_loop(&run);
    run.r->rate = (double)run.r->answered / l->seconds;
    close_all(&run);
    return run.r;
}

bool load_clean(const struct load_result *r, const char *what)
{
    if (!r)
        return false;
    if (r->answered > 0 && r->refused == 0 && r->broken == 0)
        return true;
    fprintf(stderr, "%s: %zu sent, %zu counted, %zu refused (status %d), %zu broken\n", what,
            r->sent, r->answered, r->refused, r->status, r->broken);
    return false;
}

bool load_sane(const struct load_result *r)
{
    const bool too_much = r && (r->status == 429 || r->status == 503 || r->status == 504);

    return r && r->answered > 0 && (r->refused == 0 || too_much);
}
