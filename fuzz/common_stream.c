/* common_stream.c - replies of Redis: what stream.c makes of stream entries. The first byte
 * of the input says what is asked, the rest is what Redis says. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "arena.h"
#include "fuzz.h"
#include "stream.h"

enum { MAX_INPUT = 60000 };

static const uint8_t *said;
static size_t said_len;
static int far_end = -1;

/* In place of hiredis's: a connection on which all of it has been said. A second one finds
 * nothing there. */
redisContext *redisConnectWithTimeout(const char *ip, int port, const struct timeval tv)
{
    int ends[2];

    (void)ip, (void)port, (void)tv;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    must(write(ends[1], said, said_len) == (ssize_t)said_len);
    must(shutdown(ends[1], SHUT_WR) == 0);
    said_len = 0;
    if (far_end >= 0)
        close(far_end);
    far_end = ends[1];
    return redisConnectFd(ends[0]);
}

/* hiredis makes room at once for all that a list is said to hold, so that is not asked for. */
static bool announces_too_much(const uint8_t *data, size_t len)
{
    enum { MAX_DIGITS = 5 };
    size_t digits = MAX_DIGITS + 1;

    for (size_t i = 0; i < len; i++) {
        if (memchr("*%~>|", data[i], 5))
            digits = 0;
        else if (data[i] < '0' || data[i] > '9')
            digits = MAX_DIGITS + 1;
        else if (++digits == MAX_DIGITS + 1)
            return true;
    }
    return false;
}

static struct err ask(struct stream *s, struct arena *a, uint8_t what, struct stream_entry **list,
                      size_t *n)
{
    const struct stream_consumer me = {"stream", "group", "me"};
    int64_t length, pending;

    switch (what % 4) {
    case 0: return stream_read(s, a, &me, 10, 0, list, n);
    case 1: return stream_claim(s, a, &me, 0, 10, list, n);
    case 2: return stream_claim(s, a, &me, 1000, 10, list, n);
    default: return stream_backlog(s, a, &me, &length, &pending);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct stream_address nowhere = {.host = "nowhere"};
    struct stream *s;
    struct arena *a;
    struct stream_entry *list = NULL;
    size_t n = 0;
    struct err err;

    if (announces_too_much(data, len))
        return -1; /* not into the corpus */
    s = stream_open(&nowhere);
    a = arena_new();
    said = len ? data + 1 : data;
    said_len = len ? (len - 1 < MAX_INPUT ? len - 1 : MAX_INPUT) : 0;
    err = ask(s, a, len ? data[0] : 0, &list, &n);
    must(!err.code || (err.msg && *err.msg));
    for (size_t i = 0; !err.code && i < n; i++)
        must(list[i].id && strlen(list[i].id) < MAX_INPUT);
    stream_close(s);
    arena_free(a);
    return 0;
}
