/* user_session.c - the body of POST /api/v1/sessions. There is one user, and only the right
 * password lets anybody in. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "fuzz_user.h"
#include "json_in.h"

static bool is_right(struct arena *a, const uint8_t *data, size_t len)
{
    struct json_in in = json_in_parse(a, (const char *)data, len);
    const char *email = json_in_str(&in, "email", 1, USER_MAX_EMAIL);
    const char *password = json_in_str(&in, "password", 1, USER_MAX_PASSWORD);

    return strcasecmp(email, FUZZ_EMAIL) == 0 && strcmp(password, FUZZ_PASSWORD) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    int status;

    fuzz_user_prepare();
    fake = (struct fake){.users = {fuzz_user()}, .nusers = 1};
    status = fuzz_request(a, "POST", "/api/v1/sessions", data, len).status;
    must(status == 201 || status == 400 || status == 401);
    must(status != 201 || is_right(a, data, len));
    arena_free(a);
    return 0;
}
