/* proxy.c - a wire that a test can hold or cut: one thread, one poll. */
#include "proxy.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PAIRS = 256, TICK_MS = 2, CHUNK = 65536, STOP = -1 };

struct proxy {
    struct addrinfo *target;
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t obeyed;
    int wanted, mode; /* under the lock, and so are the connections */
    int connections;
    struct pair {
        int client, server;
    } pairs[MAX_PAIRS]; /* the thread's own */
    int npairs;
};

/* --- the thread -------------------------------------------------------------- */

static bool carry(int from, int to)
{
    char data[CHUNK];
    ssize_t n = recv(from, data, sizeof(data), MSG_DONTWAIT);

    return n > 0 && send(to, data, (size_t)n, MSG_NOSIGNAL) == n;
}

static void end_pair(struct proxy *p, int i)
{
    close(p->pairs[i].client);
    close(p->pairs[i].server);
    p->pairs[i] = p->pairs[--p->npairs];
}

static void take_connection(struct proxy *p, int mode)
{
    int client = accept(p->listener, NULL, NULL), server;

    if (client < 0)
        return;
    pthread_mutex_lock(&p->lock);
    p->connections++;
    pthread_mutex_unlock(&p->lock);
    server = socket(p->target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (mode == PROXY_CUT || p->npairs == MAX_PAIRS ||
        connect(server, p->target->ai_addr, p->target->ai_addrlen) != 0) {
        close(client);
        close(server);
        return;
    }
    p->pairs[p->npairs++] = (struct pair){client, server};
}

static short read_if(bool yes)
{
    return yes ? POLLIN : 0;
}

static void turn(struct proxy *p, int mode)
{
    struct pollfd fds[1 + 2 * MAX_PAIRS] = {
        {.fd = p->listener, .events = POLLIN}
    };
    const short answers = read_if(mode == PROXY_PASS);
    const short questions = read_if(mode == PROXY_PASS || mode == PROXY_MUTE);

    for (int i = 0; i < p->npairs; i++) {
        fds[1 + 2 * i] = (struct pollfd){.fd = p->pairs[i].client, .events = questions};
        fds[2 + 2 * i] = (struct pollfd){.fd = p->pairs[i].server, .events = answers};
    }
    if (poll(fds, 1 + 2 * (nfds_t)p->npairs, TICK_MS) <= 0)
        return;
    for (int i = p->npairs - 1; i >= 0; i--) { /* backwards, for a pair may end */
        bool alive = true;

        if (fds[1 + 2 * i].revents & questions)
            alive = carry(p->pairs[i].client, p->pairs[i].server);
        if (fds[2 + 2 * i].revents & answers)
            alive &= carry(p->pairs[i].server, p->pairs[i].client);
        if (!alive)
            end_pair(p, i);
    }
    if (fds[0].revents)
        take_connection(p, mode);
}

/* Do what the test wants, and say so. */
static int follow(struct proxy *p)
{
    int mode;

    pthread_mutex_lock(&p->lock);
    mode = p->wanted;
    while (p->npairs > 0 && (mode == PROXY_CUT || mode == STOP))
        end_pair(p, p->npairs - 1);
    p->mode = mode;
    pthread_cond_broadcast(&p->obeyed);
    pthread_mutex_unlock(&p->lock);
    return mode;
}

static void *run(void *arg)
{
    struct proxy *p = arg;
    int mode = follow(p);

    while (mode != STOP) {
        turn(p, mode);
        mode = follow(p);
    }
    return NULL;
}

/* --- the test's side --------------------------------------------------------- */

static void must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    abort();
}

static void start_listening(struct proxy *p, const char *address)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(address)};
    socklen_t len = sizeof(at);

    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(bind(p->listener, (struct sockaddr *)&at, len) == 0, "proxy: bind");
    must(listen(p->listener, 64) == 0, "proxy: listen");
    must(getsockname(p->listener, (struct sockaddr *)&at, &len) == 0, "proxy: getsockname");
    p->port = ntohs(at.sin_port);
}

static void set(struct proxy *p, int mode)
{
    pthread_mutex_lock(&p->lock);
    p->wanted = mode;
    while (p->mode != mode)
        pthread_cond_wait(&p->obeyed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

struct proxy *proxy_open(const char *host, int port)
{
    return proxy_open_at("127.0.0.1", host, port);
}

struct proxy *proxy_open_at(const char *address, const char *host, int port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct proxy *p = calloc(1, sizeof(*p));
    char service[16];

    must(p, "proxy: calloc");
    snprintf(service, sizeof(service), "%d", port);
    must(getaddrinfo(host, service, &hints, &p->target) == 0, "proxy: getaddrinfo");
    start_listening(p, address);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->obeyed, NULL);
    must(pthread_create(&p->thread, NULL, run, p) == 0, "proxy: pthread_create");
    return p;
}

void proxy_close(struct proxy *p)
{
    set(p, STOP);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->obeyed);
    pthread_mutex_destroy(&p->lock);
    close(p->listener);
    freeaddrinfo(p->target);
    free(p);
}

int proxy_port(const struct proxy *p)
{
    return p->port;
}

void proxy_set(struct proxy *p, enum proxy_mode mode)
{
    set(p, (int)mode);
}

int proxy_connections(struct proxy *p)
{
    int n;

    pthread_mutex_lock(&p->lock);
    n = p->connections;
    pthread_mutex_unlock(&p->lock);
    return n;
}
