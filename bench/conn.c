/* conn.c - one keep-alive HTTP/1.1 connection. */
#include "conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

bool conn_open(struct conn *c, int port)
{
    const struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    const int on = 1;

    c->busy = false;
    c->len = 0;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        conn_close(c);
        return false;
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return true;
}

void conn_close(struct conn *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->busy = false;
}

bool conn_send(struct conn *c, const char *request, size_t len)
{
    c->len = 0;
    c->busy = true;
    return send(c->fd, request, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

/* The value of a header in what lies before 'end', or NULL. */
static const char *header(const char *head, const char *end, const char *name)
{
    const size_t len = strlen(name);

    for (const char *line = head; line && line < end; line = strstr(line, "\r\n")) {
        line += *line == '\r' ? 2 : 0;
        if (strncasecmp(line, name, len) == 0)
            return line + len;
    }
    return NULL;
}

/* 1, 0 or -1 as conn_receive(). */
static int parse(struct conn *c, struct answer *out)
{
    const char *end = strstr(c->in, "\r\n\r\n"), *length, *connection;
    size_t whole;

    if (!end)
        return c->len == CONN_ROOM ? -1 : 0;
    length = header(c->in, end + 2, "Content-Length:");
    connection = header(c->in, end + 2, "Connection:");
    if (strncmp(c->in, "HTTP/1.1 ", 9) != 0 || !length)
        return -1;
    whole = (size_t)(end + 4 - c->in) + strtoul(length, NULL, 10);
    if (whole > CONN_ROOM || c->len > whole)
        return -1;
    *out = (struct answer){
        .status = (int)strtol(c->in + 9, NULL, 10),
        .body = end + 4,
        .closes = connection && strncasecmp(connection + strspn(connection, " "), "close", 5) == 0,
    };
    return c->len == whole;
}

int conn_receive(struct conn *c, struct answer *out)
{
    const ssize_t n = recv(c->fd, c->in + c->len, CONN_ROOM - c->len, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        return -1;
    c->len += (size_t)n;
    c->in[c->len] = '\0';
    return parse(c, out);
}
