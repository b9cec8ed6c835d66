/* fake_store.h - what the fake store of the notification service holds and has seen. */
#ifndef NOTIFICATION_TESTS_FAKE_STORE_H
#define NOTIFICATION_TESTS_FAKE_STORE_H

#include <stddef.h>

#include "err.h"
#include "store.h"

enum { FAKE_MAX = 64 };

extern struct fake {
    struct notification list[FAKE_MAX]; /* newest first, as they are listed */
    size_t n;
    int64_t delay_ms;       /* the last one of the last store_settle() */
    int settled;            /* how often that was called */
    const char *unwritable; /* the id of one that it refuses, and all with it; or NULL */
    struct err fails;       /* not OK: what the store answers */
    /* what the last list was asked for */
    const char *user_id, *order_id, *after;
    int64_t limit;
} fake;

#endif
