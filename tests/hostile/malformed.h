/* malformed.h - the table of requests that are none. */
#ifndef HOSTILE_MALFORMED_H
#define HOSTILE_MALFORMED_H

#include <stddef.h>

/* In the bytes of a case they stand for a request that must not be carried out, and for
 * its length. */
#define SMUGGLED "\5"
#define LENGTH   "\6"

enum { MALFORMED_MAX = 128, MALFORMED_ANSWERS = 3 };

struct malformed {
    const char *name, *bytes;
    size_t len;
    int answers[MALFORMED_ANSWERS]; /* the gateway's, then it closes */
    const char *piece;              /* is sent so many times behind the bytes */
    size_t flood;
};

extern const struct malformed malformed_list[];
extern const size_t malformed_n;

#endif
