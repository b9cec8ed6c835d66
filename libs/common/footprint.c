/* footprint.c - what the libraries would take and a service does not need. */
#include "footprint.h"

#include <malloc.h>

enum {
    ARENAS = 2,        /* glibc's default is eight a processor, each with what it once needed */
    SPARE = 64 * 1024, /* free memory at an arena's end beyond this goes back */
};

/* libmicrohttpd brings GnuTLS with it, which makes ready for TLS as soon as it is loaded:
 * once by itself, unless the first of these says no, and once because libmicrohttpd asks
 * for it. We serve plain HTTP behind the gateway and call out through OpenSSL, so both
 * are answered here, where the dynamic linker looks first. */
int _gnutls_global_init_skip(void); /* NOLINT(*-reserved-identifier,cert-dcl*): its name */
int gnutls_global_init(void);

int _gnutls_global_init_skip(void)
{
    return 1;
}

int gnutls_global_init(void)
{
    return 0;
}

void footprint_limit(void)
{
    mallopt(M_ARENA_MAX, ARENAS);
    mallopt(M_TRIM_THRESHOLD, SPARE);
    mallopt(M_MMAP_THRESHOLD, SPARE);
}

void footprint_trim(void)
{
    malloc_trim(SPARE);
}
