/* swarm.c - many clients with bad manners at once. */
#include "swarm.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h"

enum { SPARE_DESCRIPTORS = 200, HEAD = 12 /* "HTTP/1.1 429" */ };

struct client {
    int fd;
    bool cut_off;
    char head[HEAD + 1]; /* of the first answer */
};

struct swarm {
    struct manners manners;
    struct client *list;
    size_t n, beat;
};

size_t swarm_room(size_t wanted)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        abort();
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max == RLIM_INFINITY || files.rlim_max >= wanted + SPARE_DESCRIPTORS)
        return wanted;
    return (size_t)files.rlim_max - SPARE_DESCRIPTORS;
}

struct swarm *swarm_open(const struct manners *m, int port, size_t n, int from, size_t at_each)
{
    struct swarm *s = calloc(1, sizeof(*s));

    if (!s)
        abort();
    s->manners = *m;
    s->list = calloc(n, sizeof(*s->list));
    if (!s->list)
        abort();
    for (size_t i = 0; i < n; i++) {
        const int fd = raw_connect(port, from + (int)(i / at_each), m->room);

        if (fd < 0)
            break;
        raw_say(fd, m->first, strlen(m->first));
        s->list[s->n++].fd = fd;
    }
    return s;
}

/* Look without taking: what is the first answer's status, and is there an end? That stands
 * behind what is still to be read, but is known before. */
static void look(struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    char head[HEAD];
    const ssize_t n = *c->head ? 0 : recv(c->fd, head, sizeof(head), MSG_PEEK | MSG_DONTWAIT);

    if (n > 0)
        memcpy(c->head, head, (size_t)n);
    c->cut_off = poll(&p, 1, 0) > 0 && p.revents != 0;
}

static void drink(struct client *c, size_t most)
{
    char bytes[4096];

    (void)recv(c->fd, bytes, most < sizeof(bytes) ? most : sizeof(bytes), MSG_DONTWAIT);
}

void swarm_beat(struct swarm *s)
{
    const struct manners *m = &s->manners;

    for (size_t i = 0; i < s->n; i++) {
        struct client *c = &s->list[i];

        if (c->cut_off)
            continue;
        look(c);
        if (m->drips)
            (void)send(c->fd, m->drips + s->beat % strlen(m->drips), 1,
                       MSG_NOSIGNAL | MSG_DONTWAIT);
        if (*c->head)
            drink(c, m->room > 0 ? 1 : 4096);
    }
    s->beat++;
}

size_t swarm_size(const struct swarm *s)
{
    return s->n;
}

size_t swarm_cut_off(const struct swarm *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += s->list[i].cut_off;
    return n;
}

size_t swarm_answered(const struct swarm *s, int status)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        n += *s->list[i].head && strtol(s->list[i].head + strlen("HTTP/1.1 "), NULL, 10) == status;
    return n;
}

static void end(struct swarm *s, void (*leave)(int fd))
{
    for (size_t i = 0; i < s->n; i++)
        leave(s->list[i].fd);
    free(s->list);
    free(s);
}

static void leave_politely(int fd)
{
    close(fd);
}

void swarm_close(struct swarm *s)
{
    end(s, leave_politely);
}

void swarm_vanish(struct swarm *s)
{
    end(s, raw_vanish);
}
