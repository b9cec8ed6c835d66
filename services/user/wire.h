/* wire.h - users and sessions as JSON. */
#ifndef USER_WIRE_H
#define USER_WIRE_H

#include "json_out.h"
#include "usecases.h"
#include "user.h"

/* One user as the API shows it, as a member 'key' or (NULL) an array's item. */
void wire_user(struct json_out *j, const char *key, const struct user *u);

/* What other services may know of a user. */
void wire_contact(struct json_out *j, const struct user *u);

/* RFC 6749, 5.1 */
void wire_session(struct json_out *j, const struct session *s);

#endif
