/* keys.h - fresh EC key pairs for tests: none is ever written down. */
#ifndef TESTS_KEYS_H
#define TESTS_KEYS_H

struct arena;

struct key_pair {
    const char *private_pem, *public_pem;
    const unsigned char *point; /* the public key as 0x04, x, y */
};

struct key_pair key_pair_new(struct arena *a, const char *curve); /* "P-256" */

#endif
