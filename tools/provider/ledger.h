/* ledger.h - the books of the sandbox: every charge by its idempotency key.
 *
 * What was decided about a key stays decided: asked again, the ledger gives the same
 * answer and moves no money. It is on disk (journal.h) before anyone hears of it.
 * All functions may be called by any thread; one lock guards all. */
#ifndef PROVIDER_LEDGER_H
#define PROVIDER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "id.h"

enum {
    LEDGER_MAX_KEY = 64,
    LEDGER_MAX_METHOD = 64,
    LEDGER_MAX_REFERENCE = 64,
    LEDGER_MAX_CURRENCIES = 16,
};

/* Minor units; the largest ledger full of these still fits an int64_t. */
#define LEDGER_MAX_AMOUNT INT64_C(9000000000000)
#define LEDGER_MAX_LIMIT  INT64_C(1000000)

/* How the sandbox behaves is chosen by the payment method, as with the test cards of
 * real providers. */
struct method {
    const char *name;
    const char *declined; /* the reason, or NULL: it captures */
    int decides_on;       /* the attempt that captures or declines */
    int silent_until;     /* attempts up to this one get no answer but 503 */
    bool slow;            /* the answer that captures takes a while */
};

/* NULL: there is no such method. */
const struct method *method_find(const char *name);

enum charge_status { CHARGE_OPEN, CHARGE_CAPTURED, CHARGE_DECLINED, CHARGE_CANCELLED };

struct charge {
    char key[LEDGER_MAX_KEY + 1];
    char id[ID_LEN + 1]; /* "" until it is captured or declined */
    char reference[LEDGER_MAX_REFERENCE + 1];
    char currency[4];
    const struct method *method; /* NULL: cancelled before it was asked for */
    enum charge_status status;
    int64_t amount, captured, refunded;
    int attempts; /* while it was open */
};

const char *charge_status_name(enum charge_status s); /* "captured" */

struct ledger_total {
    char currency[4];
    int64_t charges, captured, refunded;
};

struct ledger;

/* 'limit': how many keys it takes. 'path': the journal, read first; NULL or "": none,
 * all is forgotten at the end. ERR_INVALID, ERR_UNAVAILABLE: the journal is damaged,
 * cannot be used, or is in use by another process. */
struct err ledger_open(struct arena *a, const char *path, int64_t limit,
                       struct ledger **out) MUST_CHECK;
void ledger_close(struct ledger *l); /* NULL is fine */

/* Charge, or repeat what came of it: *out with its status. 'asked' holds key, amount,
 * currency, method, reference. *first: this very call decided. ERR_UNPROCESSABLE: the
 * key belongs to another charge, or the ledger takes no further currency;
 * ERR_UNAVAILABLE: the method wants it so, or the ledger is full or cannot write. */
struct err ledger_charge(struct ledger *l, struct arena *a, const struct charge *asked,
                         struct charge *out, bool *first) MUST_CHECK;

/* Refund all that was captured, or see to it that nothing ever is. */
struct err ledger_cancel(struct ledger *l, struct arena *a, const char *key,
                         struct charge *out) MUST_CHECK;

struct err ledger_find(struct ledger *l, const char *key, struct charge *out) MUST_CHECK;

/* Fills up to LEDGER_MAX_CURRENCIES totals; returns how many. */
size_t ledger_totals(struct ledger *l, struct ledger_total out[]);

/* For how many references (orders, to our customers) more than one charge was ever captured. */
int64_t ledger_charged_twice(struct ledger *l);

#endif
