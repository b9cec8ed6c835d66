/* load.h - customers: a steady stream of orders of all kinds through the gateway.
 *
 * The load is open: orders come when they are due, whether or not earlier ones were
 * answered. What is bought, by whom, when, and what the customer does afterwards follows
 * from the seed alone. Each customer is careful: without a clear answer it tries again
 * under the same Idempotency-Key. What is heard that cannot be true is a finding. */
#ifndef CHAOS_LOAD_H
#define CHAOS_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "rng.h"

struct load;

/* Registers customers, makes products, writes the shopping list. */
struct load *load_new(struct rng *rng, int64_t run_ms, int rate);
void load_free(struct load *l);

void load_start(struct load *l); /* now */
void load_join(struct load *l);  /* all have done what they wanted to do */

/* When everything works again: ask for what is not known yet, until it is. */
void load_resolve(struct load *l);

/* When everything is quiet: hold what customers were told against what is there. */
void load_verify(struct load *l);

/* For the report. */
size_t load_orders(const struct load *l);
size_t load_unclear(const struct load *l); /* not accepted before load_resolve() */
int64_t load_first_accepted_after(const struct load *l, int64_t mono_ms); /* -1: none */

#endif
