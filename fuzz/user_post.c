/* user_post.c - the body of POST /api/v1/users. Nobody makes an administrator of himself,
 * and whoever has registered may sign in. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "fuzz_user.h"
#include "json_in.h"
#include "json_out.h"

static const char *sign_in(struct arena *a, const uint8_t *data, size_t len)
{
    struct json_in in = json_in_parse(a, (const char *)data, len);
    struct json_out j = json_out_new(a);

    json_out_open(&j, NULL, '{');
    json_out_str(&j, "email", json_in_str(&in, "email", 1, USER_MAX_EMAIL));
    json_out_str(&j, "password", json_in_str(&in, "password", 1, USER_MAX_PASSWORD));
    json_out_close(&j, '}');
    return json_out_text(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    struct http_response res;

    fuzz_user_prepare();
    fake = (struct fake){.nusers = 0};
    res = fuzz_request(a, "POST", "/api/v1/users", data, len);
    must((res.status == 201) == (fake.nusers == 1));
    if (res.status == 201) {
        const struct user *u = &fake.users[0];
        const char *body = sign_in(a, data, len);

        must(u->role == USER_CUSTOMER);
        must(!user_email_fault(u->email) && !user_name_fault(u->name));
        must(!strstr(res.body, "password") || strstr(u->email, "password") ||
             strstr(u->name, "password"));
        res = fuzz_request(a, "POST", "/api/v1/sessions", (const uint8_t *)body, strlen(body));
        must(res.status == 201);
    }
    arena_free(a);
    return 0;
}
