/* problem.h - error answers: problem details of RFC 9457.
 *
 *   {"type":"/problems/invalid","title":"Bad Request","status":400,
 *    "detail":"lines[0].quantity must be between 1 and 1000",
 *    "instance":"/api/v1/orders","request_id":"…"} */
#ifndef COMMON_PROBLEM_H
#define COMMON_PROBLEM_H

#include "err.h"

struct arena;

/* The HTTP status that stands for an error: 400 for ERR_INVALID; see err.h. */
int problem_status(enum err_code code);

/* The document, in 'a'. 'detail' is shown as it is, so the caller decides what may
 * be known: for ERR_INTERNAL that is nothing. NULL or "" leaves its member out. */
const char *problem_body(struct arena *a, int status, const char *detail, const char *instance,
                         const char *request_id);

#endif
