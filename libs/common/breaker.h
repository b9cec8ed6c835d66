/* breaker.h - the Circuit Breaker pattern, as a pure state machine on a struct.
 *
 * CLOSED: calls pass; when at least 'min_calls' of the last 'window' calls are known
 * and half of them failed it opens. OPEN: refuse for 'open_ms'. HALF_OPEN: let one
 * call through; its outcome closes or opens. No clock, no lock: the caller has both. */
#ifndef COMMON_BREAKER_H
#define COMMON_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_HALF_OPEN };

enum { BREAKER_WINDOW = 20, BREAKER_MIN_CALLS = 10, BREAKER_OPEN_MS = 2000 };

struct breaker {
    enum breaker_state state;
    int64_t opened_at_ms;
    uint32_t outcomes; /* one bit a call, 1 is a failure, newest lowest */
    int known;         /* how many bits count */
};

bool breaker_allow(struct breaker *b, int64_t now_ms);
void breaker_record(struct breaker *b, int64_t now_ms, bool failed);

#endif
