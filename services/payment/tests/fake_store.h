/* fake_store.h - what the fakes of the payment service hold and have seen. */
#ifndef PAYMENT_TESTS_FAKE_STORE_H
#define PAYMENT_TESTS_FAKE_STORE_H

#include "err.h"
#include "payment.h"
#include "store.h"

enum { FAKE_MAX = 16 };

extern struct fake {
    struct payment payment; /* the one payment there is */
    bool stored, leased;
    bool more;                       /* are others due, when it is taken? */
    int64_t delay_ms;                /* of the last store_settle() */
    const char *published[FAKE_MAX]; /* types, in order */
    const char *data, *subject;      /* of the last one */
    size_t npublished;
    struct err settle;      /* what store_settle() answers */
    struct payment list[2]; /* what store_list() finds, and for whom it was asked */
    const char *list_user, *list_order, *list_after;
    struct payment_totals total;
} fake;

#endif
