/* id.c - UUIDs of version 7. */
#include "id.h"

#include <stdint.h>
#include <string.h>

#include <sodium.h>

#include "arena.h"
#include "clock.h"
#include "entropy.h"

/* RFC 9562, 6.2, method 1 (fixed-length dedicated counter): within one millisecond
 * the 12 bits of rand_a count up; rand_b is fresh each time. Each millisecond starts
 * the counter at random in its lower half, which leaves at least 2,048 steps. When
 * they are used up, or the clock steps back, the thread's own time runs ahead. */
enum { COUNTER_SEED_MASK = 0x7FF, COUNTER_MAX = 0xFFF };

static _Thread_local struct {
    int64_t ms;
    unsigned counter;
} last;

static void advance(unsigned seed)
{
    int64_t now = clock_now_ms();

    if (now > last.ms) {
        last.ms = now;
        last.counter = seed;
    } else if (last.counter < COUNTER_MAX) {
        last.counter++;
    } else {
        last.ms++;
        last.counter = seed;
    }
}

const char *id_new(struct arena *a)
{
    unsigned char b[16];
    char hex[2 * sizeof(b) + 1];

    entropy_bytes(b, sizeof(b));
    advance(((unsigned)b[6] << 8 | b[7]) & COUNTER_SEED_MASK);
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)(last.ms >> (40 - 8 * i));
    b[6] = (unsigned char)(0x70 | last.counter >> 8); /* version 7 */
    b[7] = (unsigned char)last.counter;
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3F)); /* variant 10 */
    sodium_bin2hex(hex, sizeof(hex), b, sizeof(b));
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

bool id_valid(const char *s)
{
    static const char form[ID_LEN + 1] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    for (size_t i = 0; i < ID_LEN; i++) {
        if (form[i] == '-' ? s[i] != '-' : !s[i] || !strchr("0123456789abcdef", s[i]))
            return false;
    }
    return s[ID_LEN] == '\0';
}
