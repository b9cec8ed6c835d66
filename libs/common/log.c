/* log.c - lines of JSON, each built on the stack and written at once. */
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "ctx.h"
#include "json_out.h"

/* 4 KiB is PIPE_BUF: what a pipe takes whole or not at all. */
enum { LINE_SIZE = 4096, MESSAGE_MAX = 2800, VALUE_MAX = 192, NMEMBERS = 7, KEY_MAX = 16 };

static_assert(MESSAGE_MAX + (NMEMBERS - 1) * VALUE_MAX + NMEMBERS * KEY_MAX + 3 <= LINE_SIZE,
              "the longest line must fit");

struct line {
    char text[LINE_SIZE];
    size_t len;
};

static const char *const levels[] = {"debug", "info", "warn", "error"};
enum { NLEVELS = sizeof(levels) / sizeof(levels[0]), INFO = 1 };

/* Written by log_init() before there are threads. */
static int threshold = INFO;
static char service_name[VALUE_MAX], instance_name[VALUE_MAX];

/* Read when a line is written, so it need not be told again when the ids change. */
static _Thread_local const struct ctx *context;

static int rank(const char *level)
{
    for (int i = 0; i < NLEVELS; i++)
        if (strcmp(level, levels[i]) == 0)
            return i;
    return -1;
}

bool log_init(const char *service, const char *instance, const char *level)
{
    int wanted = rank(level);

    threshold = wanted < 0 ? INFO : wanted;
    snprintf(service_name, sizeof(service_name), "%s", service);
    snprintf(instance_name, sizeof(instance_name), "%s", instance ? instance : "");
    return wanted >= 0;
}

void log_context(const struct ctx *ctx)
{
    context = ctx;
}

/* Never overflows: the assertion above bounds the sum of all that is put. */
static void put(struct line *l, const char *s, size_t len)
{
    memcpy(l->text + l->len, s, len);
    l->len += len;
}

/* At most 'max' bytes; cut between two characters, and then it shows. */
static void put_escaped(struct line *l, const char *s, size_t max)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    const size_t end = l->len + max - (sizeof(ellipsis) - 1);
    char c[JSON_ESCAPE_MAX];

    while (*s) {
        size_t n = json_escape(&s, c);

        if (l->len + n > end) {
            put(l, ellipsis, sizeof(ellipsis) - 1);
            return;
        }
        put(l, c, n);
    }
}

static void member(struct line *l, const char *key, const char *value, size_t max)
{
    if (!value || !*value)
        return;
    put(l, l->len ? ",\"" : "{\"", 2);
    put(l, key, strlen(key));
    put(l, "\":\"", 3);
    put_escaped(l, value, max);
    put(l, "\"", 1);
}

/* If it cannot be written there is nowhere to say so. */
static void write_line(struct line *l)
{
    ssize_t n;

    put(l, "}\n", 2);
    do
        n = write(STDERR_FILENO, l->text, l->len);
    while (n < 0 && errno == EINTR);
}

void log_line(const char *level, const char *fmt, ...)
{
    const int saved_errno = errno;
    char ts[CLOCK_TEXT_LEN + 1], msg[LINE_SIZE];
    struct line l = {.len = 0};
    va_list ap;

    if (rank(level) < threshold)
        return;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);
    clock_format(clock_now_ms(), ts);

    member(&l, "ts", ts, VALUE_MAX);
    member(&l, "level", level, VALUE_MAX);
    member(&l, "service", service_name, VALUE_MAX);
    member(&l, "instance", instance_name, VALUE_MAX);
    member(&l, "msg", msg, MESSAGE_MAX);
    if (context) {
        member(&l, "trace_id", context->trace.trace_id, VALUE_MAX);
        member(&l, "request_id", context->request_id, VALUE_MAX);
    }
    write_line(&l);
    errno = saved_errno;
}
