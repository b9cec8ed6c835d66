/* fake_store.h - what the fakes of the order service hold and have seen. */
#ifndef ORDER_TESTS_FAKE_STORE_H
#define ORDER_TESTS_FAKE_STORE_H

#include "err.h"
#include "order.h"
#include "store.h"

enum { FAKE_MAX = 16 };

extern struct fake {
    struct order order; /* the one order there is */
    bool stored;
    bool expired; /* it is past its deadline */
    size_t asked; /* times that orders were put off after it */
    struct order_entry timeline[FAKE_MAX];
    size_t nentries;
    const char *published[FAKE_MAX]; /* types, in order */
    const char *data;                /* of the last one */
    bool optional;
    size_t npublished;
    struct err room, user, prices, insert; /* what these answer */
} fake;

#endif
