/* disk.h - PostgreSQL's data on a small file system of its own, which can be full. */
#ifndef CHAOS_DISK_H
#define CHAOS_DISK_H

#include <stdbool.h>

/* NULL: it can be done here. Otherwise why not, in a few words. */
const char *disk_impossible(void);

/* Move the data there, and back. PostgreSQL is down on return: "up" starts it. */
void disk_lay(void);
void disk_remove(void);

/* Full on return, of "data", or so that there is no room for more of the "log" either. */
bool disk_fill(const char *what);
bool disk_free(const char *how); /* of anything */

#endif
