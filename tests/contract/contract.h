/* contract.h - holds contracts/ against one service: its routes, what it hears and says,
 * and what it writes. */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include <stddef.h>

#include "ctx.h"
#include "event.h"
#include "http.h"

/* Each public route is an operation with this service's tag, that asks for the same rights
 * and takes an Idempotency-Key or not; and each such operation is a route. */
void contract_routes(const char *service, const struct http_route routes[], size_t n);

/* The operation "<service>.hears" has just these types, in these versions; and what the
 * description allows is understood: no handler calls it invalid. 'reset' empties the fake
 * store before each. */
void contract_hears(struct ctx *ctx, const char *service, const struct subscription list[],
                    size_t n, void (*reset)(void));

/* The operation "<service>.<verb>" ("publishes", "streams") has just these types; NULLs
 * among them are passed over. */
void contract_says(const char *service, const char *verb, const char *const types[], size_t n);

/* The data of an event, or an answer's body, is as described, and has no member more. */
void contract_event(const char *type, const char *data);
void contract_answer(const char *schema, const char *json);

#endif
