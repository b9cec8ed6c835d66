/* check.h - what must hold, in every world and in every quiet one. */
#ifndef EXPLORE_CHECK_H
#define EXPLORE_CHECK_H

#include <stdbool.h>

#include "world.h"

/* The name of the first invariant that is violated, or NULL. */
const char *check_always(const struct scenario *sc, const struct world *w);
const char *check_quiet(const struct scenario *sc, const struct world *w);

#endif
