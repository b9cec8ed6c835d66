/* audit.h - the books of one order after the other, across the services. */
#ifndef WAYCTL_AUDIT_H
#define WAYCTL_AUDIT_H

#include "world.h"

enum { AUDITS = 5 };

/* What an audit says is so, and the invariant that it belongs to. */
int audit_invariant(size_t audit);
const char *audit_claim(size_t audit);

/* Whether it may fail for a while, as long as work is under way. */
bool audit_needs_quiet(size_t audit);

/* Add the orders that contradict it to 'culprits' (order, claim, found); *n of them. Looks at
 * what has not changed for some seconds, a page at a time, so it may run beside the work. */
struct err audit_run(struct call *c, size_t audit, struct table *culprits, int64_t *n) MUST_CHECK;

#endif
