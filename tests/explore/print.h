/* print.h - a trace as a message sequence that a person can read. */
#ifndef EXPLORE_PRINT_H
#define EXPLORE_PRINT_H

#include "search.h"

/* One line: how much was looked at. */
void print_counts(const struct scenario *sc, const struct search_result *r);

/* The shortest way to what was violated: a column for each party, an arrow for each
 * message, and at its right what it changed. */
void print_trace(const struct scenario *sc, const struct search_result *r);

#endif
