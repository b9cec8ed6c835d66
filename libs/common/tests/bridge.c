/* bridge.c - one thread that carries bytes between two sockets, or does not. */
#include "bridge.h"

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

struct bridge {
    struct addrinfo *server;
    int listener, port;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int wanted, mode; /* STOP or enum bridge_mode; the thread follows what is wanted */
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

static void end_pair(struct bridge *b, int i)
{
    close(b->pairs[i].client);
    close(b->pairs[i].server);
    b->pairs[i] = b->pairs[--b->npairs];
}

static void take_connection(struct bridge *b, int mode)
{
    int client = accept(b->listener, NULL, NULL), server;

    if (client < 0)
        return;
    pthread_mutex_lock(&b->lock);
    b->connections++;
    pthread_mutex_unlock(&b->lock);
    server = socket(b->server->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(server >= 0, "bridge: socket");
    if (mode == BRIDGE_CUT || b->npairs == MAX_PAIRS ||
        connect(server, b->server->ai_addr, b->server->ai_addrlen) != 0) {
        close(client);
        close(server);
        return;
    }
    b->pairs[b->npairs++] = (struct pair){client, server};
}

/* False: one side is gone. */
static bool carry(int from, int to)
{
    char bytes[CHUNK];
    ssize_t n = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);

    return n > 0 && send(to, bytes, (size_t)n, MSG_NOSIGNAL) == n;
}

static void turn(struct bridge *b, int mode)
{
    struct pollfd fds[1 + 2 * MAX_PAIRS] = {
        {.fd = b->listener, .events = POLLIN}
    };
    bool to_server = mode == BRIDGE_PASS || mode == BRIDGE_MUTE, to_client = mode == BRIDGE_PASS;
    int npairs = b->npairs;

    /* A negative descriptor is not looked at, not even for its end. */
    for (int i = 0; i < npairs; i++) {
        fds[1 + 2 * i] =
            (struct pollfd){.fd = to_server ? b->pairs[i].client : -1, .events = POLLIN};
        fds[2 + 2 * i] =
            (struct pollfd){.fd = to_client ? b->pairs[i].server : -1, .events = POLLIN};
    }
    if (poll(fds, 1 + 2 * (nfds_t)npairs, TICK_MS) <= 0)
        return;
    for (int i = npairs - 1; i >= 0; i--) {
        const struct pair *p = &b->pairs[i];

        if ((fds[1 + 2 * i].revents && !carry(p->client, p->server)) ||
            (fds[2 + 2 * i].revents && !carry(p->server, p->client)))
            end_pair(b, i);
    }
    if (fds[0].revents)
        take_connection(b, mode);
}

static int follow(struct bridge *b)
{
    int mode;

    pthread_mutex_lock(&b->lock);
    mode = b->wanted;
    while (b->npairs > 0 && (mode == BRIDGE_CUT || mode == STOP))
        end_pair(b, b->npairs - 1);
    b->mode = mode;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
    return mode;
}

static void *run(void *arg)
{
    struct bridge *b = arg;

    for (int mode = follow(b); mode != STOP; mode = follow(b))
        turn(b, mode);
    return NULL;
}

static void set(struct bridge *b, int mode)
{
    pthread_mutex_lock(&b->lock);
    b->wanted = mode;
    while (b->mode != mode)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

static void start_listening(struct bridge *b)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    b->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(bind(b->listener, (struct sockaddr *)&address, len) == 0, "bridge: bind");
    must(listen(b->listener, MAX_PAIRS) == 0, "bridge: listen");
    must(getsockname(b->listener, (struct sockaddr *)&address, &len) == 0, "bridge: getsockname");
    b->port = ntohs(address.sin_port);
}

struct bridge *bridge_open(const char *host, int port)
{
    struct bridge *b = calloc(1, sizeof(*b));
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char service[16];

    must(b != NULL, "bridge: calloc");
    snprintf(service, sizeof(service), "%d", port);
    must(getaddrinfo(host, service, &hints, &b->server) == 0, "bridge: getaddrinfo");
    start_listening(b);
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    must(pthread_create(&b->thread, NULL, run, b) == 0, "bridge: pthread_create");
    return b;
}

void bridge_close(struct bridge *b)
{
    set(b, STOP);
    pthread_join(b->thread, NULL);
    close(b->listener);
    freeaddrinfo(b->server);
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

int bridge_port(const struct bridge *b)
{
    return b->port;
}

void bridge_set(struct bridge *b, enum bridge_mode mode)
{
    set(b, (int)mode);
}

int bridge_connections(struct bridge *b)
{
    int n;

    pthread_mutex_lock(&b->lock);
    n = b->connections;
    pthread_mutex_unlock(&b->lock);
    return n;
}
