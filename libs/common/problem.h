/* problem.h - error answers: problem details of RFC 9457.
 *
 *   {"type":"/problems/invalid","title":"Bad Request","status":400,
 *    "detail":"lines[0].quantity must be between 1 and 1000",
 *    "instance":"/api/v1/orders","request_id":"…"} */
#ifndef COMMON_PROBLEM_H
#define COMMON_PROBLEM_H

#include "err.h"

struct arena;

int problem_status(enum err_code code);

/* 'detail' is what the caller may know; for UNAVAILABLE and INTERNAL the message of
 * an error is not shown unless 'public' words are given by the handler. */
const char *problem_body(struct arena *a, int status, const char *detail, const char *instance,
                         const char *request_id);

#endif
