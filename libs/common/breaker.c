/* breaker.c - the state machine of a circuit breaker. */
#include "breaker.h"

static int failures(const struct breaker *b)
{
    int n = 0;

    for (int i = 0; i < b->known; i++)
        n += (int)(b->outcomes >> i & 1U);
    return n;
}

static void open_circuit(struct breaker *b, int64_t now_ms)
{
    *b = (struct breaker){.state = BREAKER_OPEN, .opened_at_ms = now_ms};
}

bool breaker_allow(struct breaker *b, int64_t now_ms)
{
    if (b->state == BREAKER_CLOSED)
        return true;
    if (b->state == BREAKER_HALF_OPEN || now_ms - b->opened_at_ms < BREAKER_OPEN_MS)
        return false;
    b->state = BREAKER_HALF_OPEN;
    return true;
}

void breaker_record(struct breaker *b, int64_t now_ms, bool failed)
{
    switch (b->state) {
    case BREAKER_OPEN: /* a call that began before it opened: nothing new */ return;
    case BREAKER_HALF_OPEN:
        *b = (struct breaker){.state = BREAKER_CLOSED};
        if (failed)
            open_circuit(b, now_ms);
        return;
    case BREAKER_CLOSED: break;
    }
    b->outcomes = b->outcomes << 1 | (failed ? 1U : 0U);
    if (b->known < BREAKER_WINDOW)
        b->known++;
    if (b->known >= BREAKER_MIN_CALLS && failures(b) * 2 >= b->known)
        open_circuit(b, now_ms);
}
