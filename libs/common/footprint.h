/* footprint.h - keeps a process small. */
#ifndef COMMON_FOOTPRINT_H
#define COMMON_FOOTPRINT_H

/* To be called first in main(), before there are threads. */
void footprint_limit(void);

/* Give back what a burst has left: free memory between what is in use. A fraction of a
 * millisecond; for now and then. */
void footprint_trim(void);

#endif
