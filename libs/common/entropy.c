/* entropy.c - a thread's store of random bytes. */
#include "entropy.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Thread_local struct {
    unsigned char bytes[ENTROPY_MOST]; /* as many as getentropy(3) gives at once */
    size_t left;
} store;

void entropy_bytes(void *out, size_t n)
{
    if (n > store.left) {
        /* Fails only on a kernel without getrandom(2). */
        if (n > sizeof(store.bytes) || getentropy(store.bytes, sizeof(store.bytes)) != 0)
            abort();
        store.left = sizeof(store.bytes);
    }
    store.left -= n;
    memcpy(out, store.bytes + store.left, n);
}
