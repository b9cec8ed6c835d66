/* books.h - the invariants of docs and design, checked on the servers themselves.
 *
 * When everything is quiet, whatever crashed on the way:
 *   1. every accepted order is SHIPPED or CANCELLED;
 *   2. captured - refunded = the total of the SHIPPED orders, to the cent, in our books
 *      and in the provider's; no order is charged twice;
 *   3. on hand = initial + restocked - dispatched, nothing is reserved, each dispatched
 *      piece belongs to a SHIPPED order;
 *   4. every order.* event produced exactly one notification; outboxes, queues, dead
 *      letters and pending lists are empty;
 *   5. what a client got a 2xx for is there (the tests hold the ids). */
#ifndef E2E_BOOKS_H
#define E2E_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

/* Wait until no work is left anywhere, then check 1 to 4; the test fails with the first
 * figures that do not agree. */
void books_must_balance(void);

/* The same in two steps that fail no test. First: what is not quiet yet, with its count;
 * NULL when nothing is. Then: each pair of figures that should be equal and is not. */
typedef void books_finding(const char *what, int64_t a, int64_t b, void *arg);
const char *books_noise(int64_t *count);
void books_audit(books_finding *found, void *arg);

/* One number out of a service's database ("order", "payment", …). */
int64_t sql_int(const char *service, const char *sql);

/* The same with one text parameter, $1. */
int64_t sql_int_of(const char *service, const char *sql, const char *param);

/* Messages that wait in a queue, and drop them. -1: there is no such queue, or the broker
 * does not answer. Those that a consumer holds are not counted. */
int64_t queue_length(const char *queue);
void queue_purge(const char *queue);

#endif
