/* raw.c - connections on which a client says what no client should. */
#include "raw.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAX_HEARD = 1024 * 1024 };

static struct sockaddr_in address(int last_byte, int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + (uint32_t)last_byte),
    };
}

int raw_connect(int port, int from, int room)
{
    const struct sockaddr_in to = address(1, port), source = address(from, 0);
    const struct timeval patience = {.tv_sec = RAW_PATIENCE_S};
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (room > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    /* The kernel chooses the port when it knows the other end, too: more are free. */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    if ((from != 0 && bind(fd, (const struct sockaddr *)&source, sizeof(source)) != 0) ||
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void raw_say(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* The length of the body that follows this head; without a header for it, none. */
static size_t body_length(const char *head)
{
    static const char name[] = "\r\nContent-Length:";
    const char *line = strcasestr(head, name), *end = strstr(head, "\r\n\r\n");

    return line && line < end ? strtoul(line + strlen(name), NULL, 10) : 0;
}

/* One answer after the other. What is no answer, as HTTP/0.9 gives it, ends the list. */
static void find_answers(struct heard *h)
{
    const char *at = h->bytes, *end = h->bytes + h->len, *body;

    while (h->n < RAW_MAX_ANSWERS && strncmp(at, "HTTP/1.", 7) == 0) {
        int status = (int)strtol(at + strlen("HTTP/1.1 "), NULL, 10);

        body = strstr(at, "\r\n\r\n");
        if (!body)
            return;
        at = body + 4 + body_length(at);
        if (status != 100)
            h->statuses[h->n++] = status;
        if (at >= end)
            return;
    }
}

struct heard raw_hear(int fd)
{
    struct heard h = {.bytes = calloc(1, MAX_HEARD + 1)};
    ssize_t n = 1;

    if (!h.bytes)
        abort();
    while (n > 0 && h.len < MAX_HEARD) {
        n = recv(fd, h.bytes + h.len, MAX_HEARD - h.len, 0);
        if (n > 0)
            h.len += (size_t)n;
    }
    h.closed = n == 0 || (n < 0 && recv(fd, h.bytes + h.len, 1, MSG_DONTWAIT) == 0);
    find_answers(&h);
    return h;
}

void raw_vanish(int fd)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}
