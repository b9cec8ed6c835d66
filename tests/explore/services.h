/* services.h - what each service does when it hears an event, as its usecases.c has it.
 *
 * Every decision is made by the code that ships: the tables and pure functions of
 * services/<name>/<name>.c. This is the shell around them, in as few lines as there can
 * be: load the row, decide, save the row, write to the outbox, in one transaction. */
#ifndef EXPLORE_SERVICES_H
#define EXPLORE_SERVICES_H

#include <stdbool.h>

#include "services/order/order.h"
#include "world.h"

/* An event reaches its consumer. 'refused': no carrier takes the goods, if asked. */
void service_hear(const struct scenario *sc, struct world *w, struct saga *s, const struct route *r,
                  bool refused);

/* The customer cancels; false: that changes nothing. */
bool order_cancels(const struct scenario *sc, struct saga *s);

/* The deadline passes, or the time for the next question; false: there is none to ask. */
bool order_expires(const struct scenario *sc, struct saga *s);

/* BUG_CHECK_THEN_ACT: the second of its transactions; false: there is none to do. */
bool inventory_acts(const struct scenario *sc, struct world *w, struct saga *s);

#endif
