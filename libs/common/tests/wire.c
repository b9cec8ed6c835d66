/* wire.c - one thread that carries bytes between two sockets, or does not. */
#include "wire.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_PAIRS = 32, TICK_MS = 2, CHUNK = 64 * 1024, STOP = -1 };

struct wire {
    struct addrinfo *server;
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int wanted, mode; /* STOP or enum wire_mode; the thread follows what is wanted */
    int connections;
    struct pair {
        int client, server;
    } pairs[MAX_PAIRS];
    int npairs;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

static void end_pair(struct wire *w, int i)
{
    close(w->pairs[i].client);
    close(w->pairs[i].server);
    w->pairs[i] = w->pairs[--w->npairs];
}

static void take_connection(struct wire *w, int mode)
{
    int client = accept(w->listener, NULL, NULL), server;

    if (client < 0)
        return;
    pthread_mutex_lock(&w->lock);
    w->connections++;
    pthread_mutex_unlock(&w->lock);
    server = socket(w->server->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server >= 0, "wire: socket");
    if (mode == WIRE_CUT || w->npairs == MAX_PAIRS ||
        connect(server, w->server->ai_addr, w->server->ai_addrlen) != 0) {
        close(client);
        close(server);
        return;
    }
    w->pairs[w->npairs++] = (struct pair){client, server};
}

/* False: one side is gone. */
static bool carry(int from, int to)
{
    char bytes[CHUNK];
    ssize_t n = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);

    return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void turn(struct wire *w, int mode)
{
    struct pollfd fds[1 + 2 * MAX_PAIRS] = {
        {.fd = w->listener, .events = POLLIN}
    };
    bool to_server = mode == WIRE_PASS || mode == WIRE_MUTE, to_client = mode == WIRE_PASS;
    int npairs = w->npairs;

    /* A negative descriptor is not looked at, not even for its end. */
    for (int i = 0; i < npairs; i++) {
        fds[1 + 2 * i] =
            (struct pollfd){.fd = to_server ? w->pairs[i].client : -1, .events = POLLIN};
        fds[2 + 2 * i] =
            (struct pollfd){.fd = to_client ? w->pairs[i].server : -1, .events = POLLIN};
    }
    if (poll(fds, 1 + 2 * (nfds_t)npairs, TICK_MS) <= 0)
        return;
    for (int i = npairs - 1; i >= 0; i--) {
        const struct pair *p = &w->pairs[i];

        if ((fds[1 + 2 * i].revents && !carry(p->client, p->server)) ||
            (fds[2 + 2 * i].revents && !carry(p->server, p->client)))
            end_pair(w, i);
    }
    if (fds[0].revents)
        take_connection(w, mode);
}

static int follow(struct wire *w)
{
    int mode;

    pthread_mutex_lock(&w->lock);
    mode = w->wanted;
    while (w->npairs > 0 && (mode == WIRE_CUT || mode == STOP))
        end_pair(w, w->npairs - 1);
    w->mode = mode;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
    return mode;
}

static void *run(void *arg)
{
    struct wire *w = arg;

    for (int mode = follow(w); mode != STOP; mode = follow(w))
        turn(w, mode);
    return NULL;
}

static void set(struct wire *w, int mode)
{
    pthread_mutex_lock(&w->lock);
    w->wanted = mode;
    while (w->mode != mode)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static void start_listening(struct wire *w)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(bind(w->listener, (struct sockaddr *)&address, len) == 0, "wire: bind");
    must(listen(w->listener, MAX_PAIRS) == 0, "wire: listen");
    must(getsockname(w->listener, (struct sockaddr *)&address, &len) == 0, "wire: getsockname");
    w->port = ntohs(address.sin_port);
}

struct wire *wire_open(const char *host, int port)
{
    struct wire *w = calloc(1, sizeof(*w));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char service[16];

    must(w != NULL, "wire: calloc");
    snprintf(service, sizeof(service), "%d", port);
    must(getaddrinfo(host, service, &hints, &w->server) == 0, "wire: getaddrinfo");
    start_listening(w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    must(pthread_create(&w->thread, NULL, run, w) == 0, "wire: pthread_create");
    return w;
}

void wire_close(struct wire *w)
{
    set(w, STOP);
    pthread_join(w->thread, NULL);
    close(w->listener);
    freeaddrinfo(w->server);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

int wire_port(const struct wire *w)
{
    return w->port;
}

void wire_set(struct wire *w, enum wire_mode mode)
{
    set(w, (int)mode);
}

int wire_connections(struct wire *w)
{
    int n;

    pthread_mutex_lock(&w->lock);
    n = w->connections;
    pthread_mutex_unlock(&w->lock);
    return n;
}
