/* web.c - an HTTP client for tests, on a plain socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "arena.h"
#include "json_in.h"

enum { MAX_ANSWER = 1024 * 1024, TIMEOUT_S = 15 };

static struct sockaddr_in local(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int web_listen(uint16_t *port)
{
    struct sockaddr_in at = local(0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(at);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

uint16_t web_free_port(void)
{
    uint16_t port;

    close(web_listen(&port));
    return port;
}

bool web_listening(uint16_t port)
{
    const struct sockaddr_in to = local(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;

    close(fd);
    return yes;
}

int web_connect(uint16_t port)
{
    const struct sockaddr_in to = local(port);
    const struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) == 0 &&
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0)
        return fd;
    print_error("port %d: %s\n", port, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

void web_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

/* Byte by byte: the next answer on the connection stays where it is. */
static bool read_head(int fd, char *head)
{
    size_t len = 0;

    while (len < 4 || memcmp(head + len - 4, "\r\n\r\n", 4) != 0)
        if (len == MAX_ANSWER - 1 || recv(fd, head + len++, 1, 0) != 1)
            return false;
    return true;
}

struct web_reply web_read(struct arena *a, int fd, bool head_only)
{
    char *head = arena_alloc(a, MAX_ANSWER), *body;
    struct web_reply r = {.head = head, .body = ""};
    const char *length;
    size_t len;

    if (!read_head(fd, head))
        return r;
    r.status = (int)strtol(head + strlen("HTTP/1.1 "), NULL, 10);
    if (r.status == 100)
        return web_read(a, fd, head_only);
    length = web_header(a, &r, "Content-Length");
    len = length && !head_only ? strtoul(length, NULL, 10) : 0;
    body = arena_alloc(a, len + 1);
    while (r.body_len < len) {
        ssize_t n = recv(fd, body + r.body_len, len - r.body_len, 0);

        if (n <= 0) {
            print_error("the answer ends after %zu of %zu bytes\n", r.body_len, len);
            return (struct web_reply){.head = "", .body = ""};
        }
        r.body_len += (size_t)n;
    }
    r.body = body;
    return r;
}

bool web_closed(int fd)
{
    const struct timeval timeout = {.tv_sec = 5};
    char byte;

    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
           recv(fd, &byte, 1, 0) == 0;
}

struct web_reply web_request(struct arena *a, uint16_t port, const char *method, const char *target,
                             const char *headers, const char *body)
{
    int fd = web_connect(port);
    const char *length = body ? arena_printf(a, "Content-Length: %zu\r\n", strlen(body)) : "";
    const char *request = arena_printf(a, "%s %s HTTP/1.1\r\nHost: test\r\n%s%s\r\n%s", method,
                                       target, length, headers, body ? body : "");
    struct web_reply r;

    web_write(fd, request, strlen(request));
    r = web_read(a, fd, strcmp(method, "HEAD") == 0);
    if (fd >= 0)
        close(fd);
    return r;
}

struct web_reply web_get(struct arena *a, uint16_t port, const char *target)
{
    return web_request(a, port, "GET", target, "", NULL);
}

const char *web_header(struct arena *a, const struct web_reply *r, const char *name)
{
    size_t len = strlen(name);

    for (const char *line = strstr(r->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':')
            return arena_strndup(a, line + len + 2, strcspn(line + len + 2, "\r"));
    }
    return NULL;
}

const char *web_problem(struct arena *a, const struct web_reply *r, const char *member)
{
    struct json_in in = json_in_parse(a, r->body, r->body_len);
    const char *value = json_in_str(&in, member, 1, 1000);

    assert_string_equal(web_header(a, r, "Content-Type"), "application/problem+json");
    assert_int_equal(json_in_int(&in, "status", 400, 599), r->status);
    if (json_in_done(&in).code)
        fail_msg("%s in %s", json_in_done(&in).msg, r->body);
    return value;
}
