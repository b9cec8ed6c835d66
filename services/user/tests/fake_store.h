/* fake_store.h - the users that the fake store holds, and what it is to answer. */
#ifndef USER_TESTS_FAKE_STORE_H
#define USER_TESTS_FAKE_STORE_H

#include <stddef.h>

#include "err.h"
#include "store.h"

enum { FAKE_MAX = 8 };

extern struct fake {
    struct user users[FAKE_MAX]; /* oldest first */
    size_t nusers;
    struct err fails;         /* not OK: what every call answers */
    struct err replace_fails; /* what store_replace_hash() answers */
    int replaced;
    const char *after; /* what the last list was asked for */
    int64_t limit;
} fake;

#endif
