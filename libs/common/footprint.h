/* footprint.h - keeps a process small. */
#ifndef COMMON_FOOTPRINT_H
#define COMMON_FOOTPRINT_H

/* To be called first in main(), before there are threads. */
void footprint_limit(void);

#endif
