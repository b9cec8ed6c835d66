/* spoil.h - makes a request wrong, or odd. */
#ifndef LIVE_SPOIL_H
#define LIVE_SPOIL_H

#include "draft.h"

/* One thing, chosen by the dice among those that this request has; what it was is noted in
 * the draft. False: what was chosen does not apply. */
bool spoil(struct draft *d, struct rng *rng);

/* --- its parts, each true when it applied --- */

bool spoil_value(struct draft *d, struct rng *rng); /* the body, by its schema */
bool spoil_text(struct draft *d, struct rng *rng);  /* the body, as bytes: spoil_text.c */

#endif
