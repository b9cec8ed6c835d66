/* id.h - UUIDs of version 7 (RFC 9562, 5.7): unique, and sorted by creation time.
 *
 * Their order makes them good primary keys (new rows go to the end of the index)
 * and good page positions (page.h). */
#ifndef COMMON_ID_H
#define COMMON_ID_H

#include <stdbool.h>

struct arena;

enum { ID_LEN = 36 };

/* A new id in lower-case text. Two ids made one after the other by one thread
 * sort in that order, even within a millisecond. */
const char *id_new(struct arena *a);

/* Is 's' a UUID of any version in its canonical lower-case form? */
bool id_valid(const char *s);

#endif
