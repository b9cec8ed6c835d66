/* test_problem.c - error documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include "arena.h"
#include "problem.h"
#include <cmocka.h>

static void every_error_code_has_its_status(void **state)
{
    (void)state;
    assert_int_equal(problem_status(ERR_OK), 200);
    assert_int_equal(problem_status(ERR_INVALID), 400);
    assert_int_equal(problem_status(ERR_UNAUTHENTICATED), 401);
    assert_int_equal(problem_status(ERR_FORBIDDEN), 403);
    assert_int_equal(problem_status(ERR_NOT_FOUND), 404);
    assert_int_equal(problem_status(ERR_CONFLICT), 409);
    assert_int_equal(problem_status(ERR_UNPROCESSABLE), 422);
    assert_int_equal(problem_status(ERR_UNAVAILABLE), 503);
    assert_int_equal(problem_status(ERR_INTERNAL), 500);
}

static void a_problem_says_what_is_wrong_and_where(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_string_equal(problem_body(a, 400, "lines[0].quantity must be between 1 and 1000",
                                     "/api/v1/orders", "r-1"),
                        "{\"type\":\"/problems/invalid\",\"title\":\"Bad Request\",\"status\":400,"
                        "\"detail\":\"lines[0].quantity must be between 1 and 1000\","
                        "\"instance\":\"/api/v1/orders\",\"request_id\":\"r-1\"}");
    arena_free(a);
}

static void what_is_not_known_is_left_out(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_string_equal(problem_body(a, 503, NULL, "", NULL),
                        "{\"type\":\"/problems/unavailable\",\"title\":\"Service Unavailable\","
                        "\"status\":503}");
    arena_free(a);
}

static void a_caller_s_words_cannot_break_the_document(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_string_equal(problem_body(a, 404, "no \"x\"\n", "/a\\b\xFF", NULL),
                        "{\"type\":\"/problems/not-found\",\"title\":\"Not Found\",\"status\":404,"
                        "\"detail\":\"no \\\"x\\\"\\n\",\"instance\":\"/a\\\\b\xEF\xBF\xBD\"}");
    arena_free(a);
}

static void a_status_without_a_name_of_its_own_has_no_type(void **state)
{
    struct arena *a = arena_new();

    (void)state;
    assert_string_equal(problem_body(a, 418, NULL, NULL, NULL),
                        "{\"type\":\"about:blank\",\"title\":\"Error\",\"status\":418}");
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_code_has_its_status),
        cmocka_unit_test(a_problem_says_what_is_wrong_and_where),
        cmocka_unit_test(what_is_not_known_is_left_out),
        cmocka_unit_test(a_caller_s_words_cannot_break_the_document),
        cmocka_unit_test(a_status_without_a_name_of_its_own_has_no_type),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
