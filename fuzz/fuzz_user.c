/* fuzz_user.c - the user service's parts, made as cheap as they can be. */
#include "fuzz_user.h"

#include "api.h"
#include "arena.h"
#include "fuzz.h"
#include "keys.h"
#include "usecases.h"

static const char *password_hash_of_ada;

void fuzz_user_prepare(void)
{
    const struct password_options cheap = {
        .memory_kib = 8, .passes = 1, .at_once = 1, .wait_ms = 1000};
    static struct arena *forever;
    struct password_hasher *hasher;
    struct key_pair keys;

    if (forever)
        return;
    forever = arena_new();
    keys = key_pair_new(forever, "P-256");
    must(password_open(forever, &cheap, &hasher).code == ERR_OK);
    must(password_hash(hasher, forever, FUZZ_PASSWORD, &password_hash_of_ada).code == ERR_OK);
    usecases_init(&(struct usecases_options){
        .hasher = hasher, .private_pem = keys.private_pem, .token_ttl_s = 900});
    api_init(keys.public_pem);
}

struct user fuzz_user(void)
{
    return (struct user){
        .id = FUZZ_CUSTOMER,
        .email = FUZZ_EMAIL,
        .name = "Ada",
        .role = USER_CUSTOMER,
        .password_hash = password_hash_of_ada,
        .created_at = "2026-01-01T00:00:00.000Z",
    };
}
