/* proxy.c - a wire that a test can cut or hold: one thread, one poll. */
#include "proxy.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_WIRES = 32, LOOK_MS = 2, CHUNK = 65536 };

struct proxy {
    struct addrinfo *server;
    int listener, port;
    int ends[MAX_WIRES * 2]; /* of wire i: 2i the client's, 2i + 1 the server's; -1: free */
    atomic_int cuts, held, refusing, stopping;
    int cuts_done;
    pthread_t thread;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void drop(struct proxy *p, int wire)
{
    for (int i = wire * 2; i < wire * 2 + 2; i++) {
        if (p->ends[i] >= 0)
            close(p->ends[i]);
        p->ends[i] = -1;
    }
}

static void admit(struct proxy *p)
{
    int client = accept(p->listener, NULL, NULL), wire = 0, server;

    while (wire < MAX_WIRES && p->ends[wire * 2] >= 0)
        wire++;
    if (client < 0 || wire == MAX_WIRES || atomic_load(&p->refusing)) {
        close(client);
        return;
    }
    server = socket(p->server->ai_family, SOCK_STREAM, 0);
    p->ends[wire * 2] = client;
    p->ends[wire * 2 + 1] = server;
    if (connect(server, p->server->ai_addr, p->server->ai_addrlen) < 0)
        drop(p, wire);
}

static bool write_all(int fd, const char *data, ssize_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, (size_t)len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        len -= n;
    }
    return true;
}

static void pass(struct proxy *p, int end)
{
    char data[CHUNK];
    ssize_t n = read(p->ends[end], data, sizeof(data));

    if (n <= 0 || !write_all(p->ends[end ^ 1], data, n))
        drop(p, end / 2);
}

static void look(struct proxy *p)
{
    const bool held = atomic_load(&p->held);
    struct pollfd fds[MAX_WIRES * 2 + 1];

    for (int i = 0; i < MAX_WIRES * 2; i++)
        fds[i] = (struct pollfd){.fd = held ? -1 : p->ends[i], .events = POLLIN};
    fds[MAX_WIRES * 2] = (struct pollfd){.fd = p->listener, .events = POLLIN};
    poll(fds, MAX_WIRES * 2 + 1, LOOK_MS);
    for (int i = 0; i < MAX_WIRES * 2; i++)
        if (fds[i].revents && p->ends[i] >= 0)
            pass(p, i);
    if (fds[MAX_WIRES * 2].revents)
        admit(p);
}

static void *run(void *arg)
{
    struct proxy *p = arg;

    while (!atomic_load(&p->stopping)) {
        for (; p->cuts_done < atomic_load(&p->cuts); p->cuts_done++)
            for (int i = 0; i < MAX_WIRES; i++)
                drop(p, i);
        look(p);
    }
    for (int i = 0; i < MAX_WIRES; i++)
        drop(p, i);
    return NULL;
}

struct proxy *proxy_start(const char *host, int port)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(here);
    struct proxy *p = calloc(1, sizeof(*p));
    char service[16];

    if (!p)
        abort();
    snprintf(service, sizeof(service), "%d", port);
    if (getaddrinfo(host, service, &hints, &p->server) != 0)
        die(host);
    memset(p->ends, -1, sizeof(p->ends));
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(p->listener, (const struct sockaddr *)&here, sizeof(here)) < 0 ||
        listen(p->listener, MAX_WIRES) < 0 ||
        getsockname(p->listener, (struct sockaddr *)&here, &len) < 0)
        die("proxy");
    p->port = ntohs(here.sin_port);
    if (pthread_create(&p->thread, NULL, run, p) != 0)
        die("proxy");
    return p;
}

void proxy_stop(struct proxy *p)
{
    atomic_store(&p->stopping, 1);
    pthread_join(p->thread, NULL);
    close(p->listener);
    freeaddrinfo(p->server);
    free(p);
}

int proxy_port(const struct proxy *p)
{
    return p->port;
}

void proxy_cut(struct proxy *p)
{
    atomic_fetch_add(&p->cuts, 1);
}

void proxy_hold(struct proxy *p, int on)
{
    atomic_store(&p->held, on);
}

void proxy_refuse(struct proxy *p, int on)
{
    atomic_store(&p->refusing, on);
}
