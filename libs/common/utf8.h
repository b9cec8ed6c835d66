/* utf8.h - well-formed UTF-8 (RFC 3629). */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stddef.h>

/* Bytes of the character that 's' begins with, 1 to 4; 0 when none of at most 'len'
 * bytes is well-formed: overlong, a surrogate, beyond U+10FFFF, or cut short. Reads
 * no byte after the first wrong one, so a NUL-terminated 's' is safe with any 'len'. */
size_t utf8_len(const char *s, size_t len);

#endif
