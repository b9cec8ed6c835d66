/* common_frames.c - frames from a broker: deliveries with their headers table, confirms,
 * returns, goodbyes. The input is a list of them, each one a byte for its type (1 method,
 * 2 header, 3 body), two for its length, and so many of payload. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arena.h"
#include "bus_private.h"
#include "fuzz.h"

enum { PREFIX = 3, FRAME_HEADER = 7, FRAME_END = 0xCE, NPUBLISHED = 3, MAX_INPUT = 16384 };

/* AMQP 0-9-1, 4.2.3: type, channel, size, payload, end. Returns how much of the input it
 * has taken; the frame has at most five bytes more. */
static size_t put_frame(uint8_t **at, const uint8_t *data, size_t len)
{
    const size_t wanted = (size_t)data[1] << 8 | data[2];
    const size_t size = wanted < len - PREFIX ? wanted : len - PREFIX;
    const uint8_t header[FRAME_HEADER] = {data[0],      0, BUS_CHANNEL, 0, 0, (uint8_t)(size >> 8),
                                          (uint8_t)size};

    memcpy(*at, header, FRAME_HEADER);
    memcpy(*at + FRAME_HEADER, data + PREFIX, size);
    (*at)[FRAME_HEADER + size] = FRAME_END;
    *at += FRAME_HEADER + size + 1;
    return PREFIX + size;
}

/* Both ends of a connection on which the broker, ends[1], has said all of it. */
static void broker(struct arena *a, const uint8_t *data, size_t len, int ends[2])
{
    uint8_t *bytes = arena_alloc(a, 3 * len + 1), *at = bytes;

    for (size_t taken; len >= PREFIX; data += taken, len -= taken)
        taken = put_frame(&at, data, len);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    must(write(ends[1], bytes, (size_t)(at - bytes)) == at - bytes);
    must(shutdown(ends[1], SHUT_WR) == 0);
}

static struct bus *connected_to(int fd)
{
    struct bus *b = calloc(1, sizeof(*b));
    amqp_socket_t *socket;

    must(b && (b->conn = amqp_new_connection()));
    socket = amqp_tcp_socket_new(b->conn);
    must(socket != NULL);
    amqp_tcp_socket_set_sockfd(socket, fd);
    b->first_tag = 1;
    for (; b->npublished < NPUBLISHED; b->npublished++, b->nunsettled++)
        b->published[b->npublished] =
            (struct publication){.id = {(char)('a' + b->npublished)}, .mandatory = true};
    return b;
}

static void must_be_sound(const struct bus *b)
{
    size_t unsettled = 0;

    for (size_t i = 0; i < b->npublished; i++)
        unsettled += !b->published[i].settled;
    must(b->nunsettled == unsettled && b->npublished == NPUBLISHED);
    for (const struct delivery *d = b->oldest_ready; d; d = d->next) {
        must(d->m.id && d->m.type && strlen(d->m.traceparent) <= 64);
        must(d->m.attempts >= 0 && d->m.attempts <= BUS_RETRIES);
        must(d->m.body_len <= BUS_MAX_BODY && d->arrived == d->m.body_len);
        must(d->m.body[d->m.body_len] == '\0');
        must(d->next || b->last_ready == d);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    struct bus *b;
    struct err err = OK;
    bool got = true;
    int ends[2];

    broker(a, data, len < MAX_INPUT ? len : MAX_INPUT, ends);
    b = connected_to(ends[0]);
    while (!err.code && got)
        err = bus_read_frame(b, a, 0, &got);
    must(err.code == ERR_UNAVAILABLE || err.code == ERR_INTERNAL);
    must(err.msg && *err.msg && b->broken);
    must_be_sound(b);
    bus_close(b);
    close(ends[1]);
    arena_free(a);
    return 0;
}
