/* moody_server.c - an HTTP server that does what it is told. */
#include "moody_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FDS = 1100, POLL_MS = 20 };

static struct moods *mood;
static struct pollfd fds[MAX_FDS]; /* the first one listens */
static nfds_t nfds;
static pthread_t thread;
static atomic_bool stopping;

static void stall(void)
{
    const struct timespec t = {mood->stall_ms / 1000, mood->stall_ms % 1000 * 1000000L};

    nanosleep(&t, NULL);
}

/* False: the connection is over. */
static bool answer(int fd)
{
    char request[4096], text[256];
    const char *status = mood->status ? mood->status : "200 OK";
    int len;

    if (recv(fd, request, sizeof(request), 0) <= 0 || mood->hangs_up)
        return false;
    if (atomic_fetch_add(&mood->seen, 1) + 1 == mood->stall_at)
        stall();
    len = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: 2\r\n%s\r\n{}", status,
                   mood->closes ? "Connection: close\r\n" : "");
    return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len && !mood->closes;
}

static void *serve(void *arg)
{
    while (!stopping) {
        poll(fds, nfds, POLL_MS);
        for (nfds_t i = nfds - 1; i > 0; i--)
            if (fds[i].revents && !answer(fds[i].fd)) {
                close(fds[i].fd);
                fds[i] = fds[--nfds];
            }
        if (fds[0].revents && nfds < MAX_FDS)
            fds[nfds++] = (struct pollfd){.fd = accept(fds[0].fd, NULL, NULL), .events = POLLIN};
    }
    return arg;
}

int moody_server_start(struct moods *moods)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, MAX_FDS) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        abort();
    mood = moods;
    stopping = false;
    fds[0] = (struct pollfd){.fd = fd, .events = POLLIN};
    nfds = 1;
    if (pthread_create(&thread, NULL, serve, NULL) != 0)
        abort();
    return ntohs(at.sin_port);
}

void moody_server_stop(void)
{
    stopping = true;
    pthread_join(thread, NULL);
    for (nfds_t i = 0; i < nfds; i++)
        close(fds[i].fd);
}
