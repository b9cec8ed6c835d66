/* log.h - one JSON object a line on standard error.
 *
 *   {"ts":"…","level":"info","service":"order","instance":"…","msg":"…",
 *    "trace_id":"…","request_id":"…"}
 *
 * Members that are not known are left out. Every line is one write(2) of at most
 * 4 KiB, so lines of threads never mix, not even in a pipe; a message that is too
 * long ends in "…". Libraries return errors; the loops that handle them log them, once. */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

#include "err.h"

struct ctx;

/* Call once, before threads. 'level': debug, info, warn or error; false: none of
 * these, and info it is. 'instance' may be NULL. Until then: level info, no service. */
bool log_init(const char *service, const char *instance, const char *level);

/* Lines of this thread carry the ids of 'ctx' until called again; NULL ends that.
 * 'ctx' must stay valid until then. */
void log_context(const struct ctx *ctx);

/* Leaves errno as it was. */
void log_line(const char *level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_debug(...) log_line("debug", __VA_ARGS__)
#define log_info(...)  log_line("info", __VA_ARGS__)
#define log_warn(...)  log_line("warn", __VA_ARGS__)
#define log_error(...) log_line("error", __VA_ARGS__)

#endif
