/* world.h - the stack under test, and what people do with it.
 *
 * Everything a customer does goes through the gateway. Only what a customer cannot
 * see (the books, the broker) is looked at directly. Strings are valid until the end
 * of the test program. */
#ifndef E2E_WORLD_H
#define E2E_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

struct world {
    const char *gateway; /* "http://127.0.0.1:9080" */
    const char *admin;   /* an access token */
};

/* Read from the environment and log the admin in, once; the test fails with a clear
 * line when it was not started by make test. */
const struct world *world(void);

/* An environment variable that make test sets. */
const char *world_env(const char *name);

int world_port(const char *name);

/* Does the stack run in containers, and not as processes of this machine? */
bool in_containers(void);

/* What is in the file that such a variable names. */
const char *world_secret(const char *name);

/* stack("kill", "order-1 KILL"): a verb of infra/stack.sh; the test fails when it does. */
void stack(const char *verb, const char *arguments);
/* For other threads than the test's own, in which a test cannot fail: false when it fails. */
bool stack_did(const char *verb, const char *arguments);

/* Wait until the gateway finds every service ready: it may take a moment to trust one
 * that has been away. */
void await_healthy(void);

struct customer {
    char *id, *email, *token;
};

struct customer customer_new(void); /* registered and logged in */

/* A product of our own with so many on hand; its sku. */
const char *product_new(int64_t price, int64_t on_hand, bool shippable);

/* Place an order for one line; its id. The test fails when it is not accepted. */
const char *order_new(const struct customer *c, const char *sku, int64_t quantity,
                      const char *payment_method);
/* The same without a verdict. */
struct reply order_try(const struct customer *c, const char *key, const char *body);
const char *order_body(const char *sku, int64_t quantity, const char *payment_method);

/* The status of an order now; "?" when it could not be had. */
const char *order_status(const struct customer *c, const char *order_id);

/* Wait until an order has this status; the test fails with its timeline after 90 s. */
void await_status(const struct customer *c, const char *order_id, const char *status);
void await_over(const struct customer *c, const char *order_id); /* SHIPPED or CANCELLED */

/* Is an event of this type in the order's timeline? */
bool timeline_has(const struct customer *c, const char *order_id, const char *type);

/* Wait for a condition of the test's own, for at most so many seconds. */
bool await(bool (*condition)(void *), void *arg, int seconds);

/* printf into a string that lives until the end of the program. */
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The bodies of a test read the same way: send, look, forget. */
void expect_problem(const struct request *r, int status, const char *detail_has);

#endif
