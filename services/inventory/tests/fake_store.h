/* fake_store.h - what the fakes of the inventory service hold and have seen. */
#ifndef INVENTORY_TESTS_FAKE_STORE_H
#define INVENTORY_TESTS_FAKE_STORE_H

#include "err.h"
#include "inventory.h"
#include "store.h"

enum { FAKE_MAX = 64 };

extern struct fake {
    struct product products[FAKE_MAX]; /* by sku */
    size_t nproducts;
    struct reservation reservation; /* the one that can be stored; NONE: it is not */
    struct reservation_line lines[INVENTORY_MAX_LINES];
    const char *published[FAKE_MAX]; /* types, in order */
    const char *data;                /* of the last one */
    size_t npublished, saves;
    struct err save; /* what store_save() answers */
} fake;

struct product *fake_product(const char *sku);

#endif
