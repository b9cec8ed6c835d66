/* test_user.c - addresses, names and roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above first */
#include <cmocka.h>
#include <string.h>

#include "user.h"

static void ordinary_addresses_pass(void **state)
{
    const char *good[] = {"a@b", "ada@example.org", "Ada.Lovelace+orders@mail.example.org",
                          "o'brien@example.org", "grüße@bücher.example"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_null(user_email_fault(good[i]));
}

static void an_address_has_one_at_with_something_on_both_sides(void **state)
{
    const char *bad[] = {"", "@", "ada", "ada@", "@example.org", "ada@home@example.org", "ada@@x"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(user_email_fault(bad[i]), "must have the form name@domain");
}

static void an_address_cannot_smuggle_a_second_recipient_or_header(void **state)
{
    const char *bad[] = {"ada @x",    " ada@x", "ada@x ",    "ada@x\r\nBcc: b", "ada\t@x",
                         "ada@x,bob", "ada;@x", "<ada@x>",   "\"ada\"@x",       "a\\b@x",
                         "ada@[::1]", "a(b)@x", "ada@x\x7f", "ada\x01@x"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(strstr(user_email_fault(bad[i]), "must not contain"));
}

static void an_address_may_have_254_bytes_and_no_more(void **state)
{
    char email[USER_MAX_EMAIL + 2];

    (void)state;
    memset(email, 'a', sizeof(email));
    email[1] = '@';
    email[USER_MAX_EMAIL] = '\0';
    assert_null(user_email_fault(email));
    email[USER_MAX_EMAIL] = 'a';
    email[USER_MAX_EMAIL + 1] = '\0';
    assert_string_equal(user_email_fault(email), "must have at most 254 bytes");
}

static void two_spellings_of_an_address_become_one(void **state)
{
    char out[USER_MAX_EMAIL + 1];

    (void)state;
    user_email_normalize(out, "Ada.LOVELACE@Example.ORG");
    assert_string_equal(out, "ada.lovelace@example.org");
    user_email_normalize(out, "GRÜSSE@[Z@");
    assert_string_equal(out, "grÜsse@[z@"); /* only ASCII letters change */
}

static void normalizing_never_writes_beyond_the_longest_address(void **state)
{
    char email[2 * USER_MAX_EMAIL], out[USER_MAX_EMAIL + 1];

    (void)state;
    memset(email, 'X', sizeof(email));
    email[sizeof(email) - 1] = '\0';
    user_email_normalize(out, email);
    assert_int_equal(strlen(out), USER_MAX_EMAIL);
}

static void a_name_is_anything_that_can_be_seen(void **state)
{
    char longest[USER_MAX_NAME + 2] = {0};

    (void)state;
    assert_null(user_name_fault("Ada"));
    assert_null(user_name_fault("Zoë 李 <script>"));
    assert_string_equal(user_name_fault(""), "must not be blank");
    assert_string_equal(user_name_fault("   "), "must not be blank");
    assert_string_equal(user_name_fault("Ada\n"), "must not contain control characters");
    assert_string_equal(user_name_fault("A\x1b[31mda"), "must not contain control characters");
    memset(longest, 'n', USER_MAX_NAME);
    assert_null(user_name_fault(longest));
    longest[USER_MAX_NAME] = 'n';
    assert_string_equal(user_name_fault(longest), "must have at most 100 bytes");
}

static void every_role_is_found_by_its_name(void **state)
{
    enum user_role role = USER_CUSTOMER;

    (void)state;
    for (int i = 0; i < USER_ROLES; i++) {
        assert_true(user_role_parse(user_role_name((enum user_role)i), &role));
        assert_int_equal(role, i);
    }
    assert_false(user_role_parse("root", &role));
    assert_false(user_role_parse("", &role));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_addresses_pass),
        cmocka_unit_test(an_address_has_one_at_with_something_on_both_sides),
        cmocka_unit_test(an_address_cannot_smuggle_a_second_recipient_or_header),
        cmocka_unit_test(an_address_may_have_254_bytes_and_no_more),
        cmocka_unit_test(two_spellings_of_an_address_become_one),
        cmocka_unit_test(normalizing_never_writes_beyond_the_longest_address),
        cmocka_unit_test(a_name_is_anything_that_can_be_seen),
        cmocka_unit_test(every_role_is_found_by_its_name),
    };

    return cmocka_run_group_tests_name("user", tests, NULL, NULL);
}
