/* purchase.h - one purchase: what a customer wants, how it insists, what it was told.
 *
 * What is heard that cannot be true is a finding. */
#ifndef CHAOS_PURCHASE_H
#define CHAOS_PURCHASE_H

#include <stdbool.h>
#include <stdint.h>

#include "world.h"

enum { UUID_LEN = 36 };

enum product { PLENTY, ANOTHER, FEW, HEAVY, PRODUCTS };

struct kind {
    int share; /* of 100 */
    const char *method;
    enum product first, second; /* twice the same: one line */
    int may_cancel;             /* of 100 */
    bool may_ship;
};

struct purchase {
    const struct kind *kind;
    const struct customer *customer;
    const char *key, *body;
    int64_t due_ms;                 /* from the start */
    int64_t cancel_after_ms;        /* -1: never */
    bool logs_in, repeats, looks;   /* what the customer does besides */
    const char *token;              /* the customer's, or one of its own */
    int64_t accepted_ms;            /* 0: not yet */
    char id[UUID_LEN + 1];          /* "" until it is known */
    bool heard_shipped, heard_over; /* over, and not shipped: cancelled */
};

/* All that its customer wants to do about it, from the order on. */
void purchase_make(struct purchase *p);

/* True when there is nothing more to be done about it. */
bool purchase_place(struct purchase *p);
bool purchase_look(struct purchase *p);

/* Answers so far to 'request' (a row of purchase_requests[], NULL at the end). */
extern const char *const purchase_requests[];
enum { PURCHASE_STATUSES = 600 };
int64_t purchase_answers(int request, int status); /* status 0: no answer at all */
void purchase_forget_answers(void);

void purchase_sleep(int64_t ms);

#endif
