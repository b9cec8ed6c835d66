/* trace.h - W3C Trace Context (https://www.w3.org/TR/trace-context/): the
 * 'traceparent' that ties a request to every event and call it causes. */
#ifndef COMMON_TRACE_H
#define COMMON_TRACE_H

#include <stdbool.h>

struct arena;

struct trace {
    char trace_id[33]; /* 32 lower-case hex digits, never all zero; "" is no trace */
    char span_id[17];  /* 16 */
    bool sampled;
};

/* Read a traceparent header of version 00 or later. False, and '*out' untouched:
 * NULL or malformed. */
bool trace_parse(const char *traceparent, struct trace *out);

/* The trace that continues 'traceparent' with a span of our own, or a new, sampled
 * trace where there is none to continue. */
struct trace trace_continue(const char *traceparent);

/* "00-<trace id>-<span id>-01", or -00 when not sampled; "" for no trace. */
const char *trace_format(struct arena *a, const struct trace *t);

#endif
