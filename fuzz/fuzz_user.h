/* fuzz_user.h - what the targets of the user service share: a hasher, a key, a user. */
#ifndef FUZZ_USER_H
#define FUZZ_USER_H

#include "user.h"

#define FUZZ_EMAIL    "ada@example.org"
#define FUZZ_PASSWORD "correct horse"

void fuzz_user_prepare(void); /* does its work once */
struct user fuzz_user(void);  /* the caller, with that address and password */

#endif
