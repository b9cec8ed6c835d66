/* test_inventory.c - the rules of stock, every state against every event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "inventory.h"

enum {
    N = INVENTORY_NONE,
    R = INVENTORY_RESERVED,
    F = INVENTORY_FAILED,
    L = INVENTORY_RELEASED,
    D = INVENTORY_DISPATCHED,
    U = INVENTORY_UNSHIPPED,
};

/* One row an event and whether it is refused, one column a state: what it becomes. */
static const struct {
    enum inventory_event event;
    bool refused;
    int becomes[INVENTORY_STATES];
} expected[] = {
  /* from:                     N  R  F  L  D  U */
    {INVENTORY_RESERVE, false, {R, R, F, L, D, U}},
    {INVENTORY_RESERVE, true,  {F, R, F, L, D, U}},
    {INVENTORY_RELEASE, false, {L, L, L, L, D, L}},
    {INVENTORY_RELEASE, true,  {L, L, L, L, D, L}},
    {INVENTORY_SHIP,    false, {U, D, F, L, D, U}},
    {INVENTORY_SHIP,    true,  {U, U, F, L, D, U}},
};

static void every_event_in_every_state_has_one_outcome(void **state)
{
    (void)state;
    assert_int_equal(sizeof(expected) / sizeof(expected[0]), 2 * INVENTORY_EVENTS);
    for (int row = 0; row < 2 * INVENTORY_EVENTS; row++) {
        assert_int_equal(expected[row].event, row / 2);
        assert_int_equal(expected[row].refused, row % 2);
        for (int s = 0; s < INVENTORY_STATES; s++)
            assert_int_equal(
                inventory_next((enum inventory_state)s, expected[row].event, expected[row].refused),
                expected[row].becomes[s]);
    }
}

static void what_a_change_takes_from_the_stock_depends_on_its_two_ends(void **state)
{
    static const struct {
        int from, to, reserved, dispatched;
    } changes[] = {
        {N, R, 1,  0},
        {N, F, 0,  0},
        {N, L, 0,  0},
        {N, U, 0,  0},
        {R, L, -1, 0},
        {R, U, -1, 0},
        {R, D, -1, 1},
        {F, L, 0,  0},
        {U, L, 0,  0},
        {R, R, 0,  0},
        {D, D, 0,  0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const struct stock_change c = inventory_stock_change((enum inventory_state)changes[i].from,
                                                             (enum inventory_state)changes[i].to);

        assert_int_equal(c.reserved, changes[i].reserved);
        assert_int_equal(c.dispatched, changes[i].dispatched);
    }
}

static void every_state_with_a_row_is_announced_by_an_event_of_its_own(void **state)
{
    (void)state;
    assert_null(inventory_announcement(INVENTORY_NONE));
    assert_string_equal(inventory_announcement(INVENTORY_RESERVED), "inventory.reserved");
    assert_string_equal(inventory_announcement(INVENTORY_FAILED), "inventory.failed");
    assert_string_equal(inventory_announcement(INVENTORY_RELEASED), "inventory.released");
    assert_string_equal(inventory_announcement(INVENTORY_DISPATCHED), "shipment.dispatched");
    assert_string_equal(inventory_announcement(INVENTORY_UNSHIPPED), "shipment.failed");
}

static void a_state_survives_its_name(void **state)
{
    enum inventory_state s;

    (void)state;
    for (int i = 0; i < INVENTORY_STATES; i++) {
        assert_true(inventory_state_parse(inventory_state_name((enum inventory_state)i), &s));
        assert_int_equal(s, i);
    }
    assert_false(inventory_state_parse("reserved", &s));
    assert_false(inventory_state_parse("", &s));
}

static const struct product mug = {
    .sku = "MUG", .currency = "EUR", .on_hand = 5, .reserved = 2, .shippable = true};
static const struct product anvil = {
    .sku = "ANVIL", .currency = "EUR", .on_hand = 5, .shippable = false};

static struct reservation two_lines(struct reservation_line lines[2])
{
    struct reservation r = reservation_new("o1");

    lines[0] = (struct reservation_line){"ANVIL", 1, &anvil};
    lines[1] = (struct reservation_line){"MUG", 3, &mug};
    r.currency = "EUR";
    r.lines = lines;
    r.nlines = 2;
    return r;
}

static void the_last_pieces_can_be_reserved_and_not_one_more(void **state)
{
    struct reservation_line lines[2];
    struct reservation r = two_lines(lines);

    (void)state;
    assert_null(inventory_check_stock(&r).reason);
    lines[1].quantity = 4;
    assert_string_equal(inventory_check_stock(&r).reason, "out of stock");
    assert_string_equal(inventory_check_stock(&r).sku, "MUG");
}

static void an_unknown_sku_is_refused_by_name(void **state)
{
    struct reservation_line lines[2];
    struct reservation r = two_lines(lines);

    (void)state;
    lines[1] = (struct reservation_line){"GONE", 1, NULL};
    assert_string_equal(inventory_check_stock(&r).reason, "no such product");
    assert_string_equal(inventory_check_stock(&r).sku, "GONE");
}

static void an_order_in_another_currency_is_refused(void **state)
{
    struct reservation_line lines[2];
    struct reservation r = two_lines(lines);

    (void)state;
    r.currency = "USD";
    assert_string_equal(inventory_check_stock(&r).reason, "sold in another currency");
}

static void one_line_that_no_carrier_takes_holds_up_the_order(void **state)
{
    struct reservation_line lines[2];
    struct reservation r = two_lines(lines);

    (void)state;
    r.state = INVENTORY_RESERVED;
    assert_string_equal(inventory_check_shipping(&r).reason, "no carrier takes it");
    assert_string_equal(inventory_check_shipping(&r).sku, "ANVIL");
    r.lines++;
    r.nlines--;
    assert_null(inventory_check_shipping(&r).reason);
}

static void what_was_never_reserved_does_not_ship(void **state)
{
    struct reservation r = reservation_new("o1");
    struct refusal refusal = inventory_check_shipping(&r);

    (void)state;
    assert_string_equal(refusal.reason, "nothing was reserved");
    assert_true(inventory_apply(&r, INVENTORY_SHIP, refusal));
    assert_int_equal(r.state, INVENTORY_UNSHIPPED);
    assert_string_equal(r.reason, "nothing was reserved");
}

static void a_reason_is_kept_only_where_something_was_refused(void **state)
{
    struct reservation r = reservation_new("o1");

    (void)state;
    assert_true(inventory_apply(&r, INVENTORY_RESERVE, (struct refusal){"out of stock", "MUG"}));
    assert_string_equal(r.reason, "out of stock");
    assert_string_equal(r.refused_sku, "MUG");
    assert_false(inventory_apply(&r, INVENTORY_RESERVE, (struct refusal){NULL, ""}));
    assert_string_equal(r.reason, "out of stock");

    r = reservation_new("o2");
    assert_true(inventory_apply(&r, INVENTORY_RESERVE, (struct refusal){NULL, ""}));
    assert_string_equal(r.reason, "");
}

static void a_repeated_sku_is_found(void **state)
{
    struct reservation_line lines[] = {
        {.sku = "A"},
        {.sku = "B"},
        {.sku = "A"},
    };
    struct reservation r = {.lines = lines, .nlines = 3};

    (void)state;
    assert_int_equal(inventory_repeated_line(&r), 2);
    r.nlines = 2;
    assert_int_equal(inventory_repeated_line(&r), -1);
}

static void skus_and_currencies_have_their_alphabets(void **state)
{
    char sku[INVENTORY_MAX_SKU + 2];

    (void)state;
    memset(sku, 'A', sizeof(sku));
    sku[INVENTORY_MAX_SKU + 1] = '\0';
    assert_false(inventory_sku_valid(sku));
    sku[INVENTORY_MAX_SKU] = '\0';
    assert_true(inventory_sku_valid(sku));
    assert_true(inventory_sku_valid("WB-2"));
    assert_false(inventory_sku_valid(""));
    assert_false(inventory_sku_valid("wb-2"));
    assert_false(inventory_sku_valid("WB 2"));
    assert_true(inventory_currency_valid("EUR"));
    assert_false(inventory_currency_valid("EU"));
    assert_false(inventory_currency_valid("EURO"));
    assert_false(inventory_currency_valid("E1R"));
    assert_false(inventory_currency_valid("eur"));
}

static void a_tracking_number_is_the_random_end_of_its_shipment(void **state)
{
    char number[INVENTORY_TRACKING_LEN + 1];

    (void)state;
    inventory_tracking_number("0193452c-7a11-7cc3-98c4-dc0c0c07398f", number);
    assert_string_equal(number, "WBDC0C0C07398F");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_state_has_one_outcome),
        cmocka_unit_test(what_a_change_takes_from_the_stock_depends_on_its_two_ends),
        cmocka_unit_test(every_state_with_a_row_is_announced_by_an_event_of_its_own),
        cmocka_unit_test(a_state_survives_its_name),
        cmocka_unit_test(the_last_pieces_can_be_reserved_and_not_one_more),
        cmocka_unit_test(an_unknown_sku_is_refused_by_name),
        cmocka_unit_test(an_order_in_another_currency_is_refused),
        cmocka_unit_test(one_line_that_no_carrier_takes_holds_up_the_order),
        cmocka_unit_test(what_was_never_reserved_does_not_ship),
        cmocka_unit_test(a_reason_is_kept_only_where_something_was_refused),
        cmocka_unit_test(a_repeated_sku_is_found),
        cmocka_unit_test(skus_and_currencies_have_their_alphabets),
        cmocka_unit_test(a_tracking_number_is_the_random_end_of_its_shipment),
    };

    return cmocka_run_group_tests_name("inventory: domain", tests, NULL, NULL);
}
