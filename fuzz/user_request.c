/* user_request.c - any request to the user service: method, path, query, body. What the
 * caller may not see is not there. */
#include <string.h>

#include "arena.h"
#include "fake_store.h"
#include "fuzz.h"
#include "fuzz_user.h"
#include "id.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena *a = arena_new();
    struct http_response res;

    fuzz_user_prepare();
    fake = (struct fake){
        .users = {fuzz_user(), fuzz_user()},
          .nusers = 2
    };
    fake.users[1].id = "0193b9a0-0000-7000-8000-000000000001";
    fake.users[1].email = "secret@example.org";
    res = fuzz_request_line(a, data, len);
    must(!fake.after || id_valid(fake.after));
    must(fake.limit >= 0 && fake.limit <= 101);
    must(!strstr(res.body, fake.users[0].password_hash));
    arena_free(a);
    return 0;
}
