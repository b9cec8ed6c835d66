/* user.h - what a user is, and which addresses and names pass. Pure: no I/O, no clock. */
#ifndef USER_USER_H
#define USER_USER_H

#include <stdbool.h>

/* Lengths in bytes of UTF-8. */
enum {
    USER_MAX_EMAIL = 254, /* RFC 5321, 4.5.3.1.3, without the angle brackets */
    USER_MAX_NAME = 100,
    USER_MIN_PASSWORD = 8,
    USER_MAX_PASSWORD = 128,
};

enum { USER_MAX_CONTACTS = 50 }; /* that another service may ask for at once */

enum user_role { USER_CUSTOMER, USER_ADMIN };

enum { USER_ROLES = USER_ADMIN + 1 };

struct user {
    const char *id, *email, *name;
    enum user_role role;
    const char *password_hash; /* never leaves the service */
    const char *created_at;    /* RFC 3339 */
};

const char *user_role_name(enum user_role r); /* "customer" */
bool user_role_parse(const char *name, enum user_role *out);

/* What is wrong, as the rest of a sentence that begins with the member's name; NULL: nothing. */
const char *user_email_fault(const char *email);
const char *user_name_fault(const char *name);

/* Two spellings of one address come out as one: ASCII letters in lower case. 'email'
 * has at most USER_MAX_EMAIL bytes. */
void user_email_normalize(char out[USER_MAX_EMAIL + 1], const char *email);

#endif
