/* test_user.c - the user service and contracts/ agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api.h"
#include "arena.h"
#include "contract.h"
#include "json_out.h"
#include "wire.h"

static struct ctx ctx;

#define ID   "01900000-0000-7000-8000-000000000001"
#define TIME "2026-11-20T11:15:00.123Z"

static int set_up(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void its_routes_are_described(void **state)
{
    (void)state;
    contract_routes("user", api_routes, api_nroutes);
}

static void its_answers_are_described(void **state)
{
    const struct session session = {.access_token = "a.b.c", .expires_in = 900};
    struct json_out j;

    (void)state;
    for (int role = 0; role < USER_ROLES; role++) {
        j = json_out_new(ctx.arena);
        wire_user(&j, NULL,
                  &(struct user){.id = ID,
                                 .email = "a@b.example",
                                 .name = "A",
                                 .role = (enum user_role)role,
                                 .created_at = TIME});
        contract_answer("User", json_out_text(&j));
    }
    j = json_out_new(ctx.arena);
    wire_session(&j, &session);
    contract_answer("Session", json_out_text(&j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_routes_are_described),
        cmocka_unit_test(its_answers_are_described),
    };

    return cmocka_run_group_tests_name("contract of user", tests, set_up, tear_down);
}
