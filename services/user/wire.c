/* wire.c - users and sessions as JSON. */
#include "wire.h"

static void members(struct json_out *j, const struct user *u)
{
    json_out_str(j, "id", u->id);
    json_out_str(j, "email", u->email);
    json_out_str(j, "name", u->name);
    json_out_str(j, "role", user_role_name(u->role));
}

void wire_user(struct json_out *j, const char *key, const struct user *u)
{
    json_out_open(j, key, '{');
    members(j, u);
    json_out_str(j, "created_at", u->created_at);
    json_out_close(j, '}');
}

void wire_contact(struct json_out *j, const struct user *u)
{
    json_out_open(j, NULL, '{');
    members(j, u);
    json_out_close(j, '}');
}

void wire_session(struct json_out *j, const struct session *s)
{
    json_out_open(j, NULL, '{');
    json_out_str(j, "access_token", s->access_token);
    json_out_str(j, "token_type", "Bearer");
    json_out_int(j, "expires_in", s->expires_in);
    json_out_close(j, '}');
}
