/* test_usecases.c - the operations of the inventory service against fakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "catalogue.h"
#include "ctx.h"
#include "fake_store.h"
#include "usecases.h"

static struct ctx ctx;

static void stock_up(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.products[0] = (struct product){.sku = "ANVIL", .currency = "EUR"};
    fake.products[1] = (struct product){.sku = "MUG", .currency = "EUR", .shippable = true};
    fake.products[2] = (struct product){.sku = "TEE", .currency = "EUR", .shippable = true};
    fake.nproducts = 3;
    for (size_t i = 0; i < fake.nproducts; i++)
        fake.products[i].initial = fake.products[i].on_hand = 5;
}

static int setup(void **state)
{
    (void)state;
    stock_up();
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

/* Two pieces of MUG and 'quantity' of 'sku'. */
static struct err reserve(const char *sku, int64_t quantity)
{
    struct reservation_line *lines = arena_array(ctx.arena, struct reservation_line, 2);
    struct reservation r = reservation_new("o1");

    lines[0] = (struct reservation_line){.sku = "MUG", .quantity = 2};
    lines[1] = (struct reservation_line){.sku = sku, .quantity = quantity};
    r.user_id = "u1";
    r.currency = "EUR";
    r.total = 700;
    r.payment_method = "pm_ok";
    r.lines = lines;
    r.nlines = 2;
    return inventory_reserve(&ctx, &r);
}

static void assert_last(const char *type)
{
    assert_true(fake.npublished > 0);
    assert_string_equal(fake.published[fake.npublished - 1], type);
}

static void assert_stock(const char *sku, int64_t on_hand, int64_t reserved)
{
    assert_int_equal(fake_product(sku)->on_hand, on_hand);
    assert_int_equal(fake_product(sku)->reserved, reserved);
}

static void reserving_sets_every_line_aside_and_tells_what_payment_needs(void **state)
{
    (void)state;
    assert_int_equal(reserve("TEE", 5).code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_RESERVED);
    assert_stock("MUG", 5, 2);
    assert_stock("TEE", 5, 5);
    assert_last("inventory.reserved");
    assert_string_equal(fake.data, arena_printf(ctx.arena,
                                                "{\"order_id\":\"o1\",\"user_id\":\"u1\","
                                                "\"reservation_id\":\"%s\",\"currency\":\"EUR\","
                                                "\"total\":700,\"payment_method\":\"pm_ok\"}",
                                                fake.reservation.reservation_id));
}

static void one_line_out_of_stock_reserves_nothing(void **state)
{
    (void)state;
    assert_int_equal(reserve("TEE", 6).code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_FAILED);
    assert_stock("MUG", 5, 0);
    assert_stock("TEE", 5, 0);
    assert_last("inventory.failed");
    assert_string_equal(fake.data,
                        "{\"order_id\":\"o1\",\"reason\":\"out of stock\",\"sku\":\"TEE\"}");
}

static void an_unknown_sku_reserves_nothing(void **state)
{
    (void)state;
    assert_int_equal(reserve("GONE", 1).code, ERR_OK);
    assert_last("inventory.failed");
    assert_stock("MUG", 5, 0);
}

static void a_repeated_sku_is_refused_and_nothing_is_stored(void **state)
{
    struct err err = reserve("MUG", 1);

    (void)state;
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.msg, "lines[1].sku: MUG is in an earlier line already");
    assert_int_equal(fake.saves, 0);
    assert_int_equal(fake.npublished, 0);
}

static void shipping_takes_the_stock_away_and_names_the_shipment(void **state)
{
    (void)state;
    assert_int_equal(reserve("TEE", 1).code, ERR_OK);
    assert_int_equal(inventory_ship(&ctx, "o1").code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_DISPATCHED);
    assert_stock("MUG", 3, 0);
    assert_stock("TEE", 4, 0);
    assert_int_equal(fake_product("MUG")->dispatched, 2);
    assert_last("shipment.dispatched");
    assert_string_equal(fake.data, arena_printf(ctx.arena,
                                                "{\"order_id\":\"o1\",\"shipment_id\":\"%s\","
                                                "\"tracking_number\":\"%s\"}",
                                                fake.reservation.shipment_id,
                                                fake.reservation.tracking_number));
}

static void what_no_carrier_takes_goes_back_to_stock(void **state)
{
    (void)state;
    assert_int_equal(reserve("ANVIL", 1).code, ERR_OK);
    assert_int_equal(inventory_ship(&ctx, "o1").code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_UNSHIPPED);
    assert_stock("MUG", 5, 0);
    assert_stock("ANVIL", 5, 0);
    assert_last("shipment.failed");
    assert_string_equal(
        fake.data, "{\"order_id\":\"o1\",\"reason\":\"no carrier takes it\",\"sku\":\"ANVIL\"}");
}

static void releasing_gives_every_line_back(void **state)
{
    (void)state;
    assert_int_equal(reserve("TEE", 1).code, ERR_OK);
    assert_int_equal(inventory_release(&ctx, "o1").code, ERR_OK);
    assert_stock("MUG", 5, 0);
    assert_stock("TEE", 5, 0);
    assert_last("inventory.released");
    assert_string_equal(fake.data,
                        arena_printf(ctx.arena, "{\"order_id\":\"o1\",\"reservation_id\":\"%s\"}",
                                     fake.reservation.reservation_id));
}

static void a_release_before_its_reservation_refuses_the_reservation(void **state)
{
    (void)state;
    assert_int_equal(inventory_release(&ctx, "o1").code, ERR_OK);
    assert_last("inventory.released");
    assert_string_equal(fake.data, "{\"order_id\":\"o1\",\"reservation_id\":\"\"}");
    assert_int_equal(reserve("TEE", 1).code, ERR_OK);
    assert_int_equal(fake.reservation.state, INVENTORY_RELEASED);
    assert_stock("MUG", 5, 0);
    assert_last("inventory.released");
}

static void a_release_after_dispatch_comes_too_late(void **state)
{
    const char *shipment;

    (void)state;
    assert_int_equal(reserve("TEE", 1).code, ERR_OK);
    assert_int_equal(inventory_ship(&ctx, "o1").code, ERR_OK);
    shipment = fake.reservation.shipment_id;
    assert_int_equal(inventory_release(&ctx, "o1").code, ERR_OK);
    assert_stock("MUG", 3, 0);
    assert_last("shipment.dispatched");
    assert_non_null(strstr(fake.data, shipment));
}

static void asking_again_gets_the_same_answer_and_moves_no_stock(void **state)
{
    const char *first;

    (void)state;
    assert_int_equal(reserve("TEE", 1).code, ERR_OK);
    first = fake.data;
    assert_int_equal(reserve("TEE", 1).code, ERR_OK);
    assert_string_equal(fake.data, first);
    assert_int_equal(fake.npublished, 2);
    assert_int_equal(fake.saves, 1);
    assert_stock("TEE", 5, 1);
}

static void nothing_is_announced_when_nothing_was_saved(void **state)
{
    (void)state;
    fake.save = (struct err){ERR_UNAVAILABLE, "the database is not available"};
    assert_int_equal(reserve("TEE", 1).code, ERR_UNAVAILABLE);
    assert_int_equal(inventory_ship(&ctx, "o1").code, ERR_UNAVAILABLE);
    assert_int_equal(inventory_release(&ctx, "o1").code, ERR_UNAVAILABLE);
    assert_int_equal(fake.npublished, 0);
}

/* --- every interleaving ------------------------------------------------------- */

enum { LONGEST = 6 };

/* What holds after every event, whatever came before. */
static void assert_books(size_t events)
{
    const bool reserved = fake.reservation.state == INVENTORY_RESERVED;
    const bool shipped = fake.reservation.state == INVENTORY_DISPATCHED;

    assert_int_equal(fake.npublished, events); /* each is answered, once */
    assert_last(inventory_announcement(fake.reservation.state));
    for (size_t i = 0; i < fake.nproducts; i++) {
        const struct product *p = &fake.products[i];
        const int64_t ordered = strcmp(p->sku, "MUG") == 0 ? 2 : strcmp(p->sku, "TEE") == 0 ? 1 : 0;

        assert_int_equal(p->on_hand, p->initial - p->dispatched);
        assert_int_equal(p->dispatched, shipped ? ordered : 0);
        assert_int_equal(p->reserved, reserved ? ordered : 0);
    }
}

static struct err receive(int event)
{
    switch (event) {
    case INVENTORY_RESERVE: return reserve("TEE", 1);
    case INVENTORY_RELEASE: return inventory_release(&ctx, "o1");
    default: return inventory_ship(&ctx, "o1");
    }
}

/* The sequence that 'number' spells in base 3; true: the order was shipped at last. */
static bool play(int number)
{
    bool released = false, dispatched = false;

    stock_up();
    arena_reset(ctx.arena);
    for (size_t i = 1; i <= LONGEST; i++, number /= INVENTORY_EVENTS) {
        assert_int_equal(receive(number % INVENTORY_EVENTS).code, ERR_OK);
        assert_books(i);
        if (released) /* for ever */
            assert_int_equal(fake.reservation.state, INVENTORY_RELEASED);
        if (dispatched)
            assert_int_equal(fake.reservation.state, INVENTORY_DISPATCHED);
        released = fake.reservation.state == INVENTORY_RELEASED;
        dispatched = fake.reservation.state == INVENTORY_DISPATCHED;
    }
    return dispatched;
}

static void whatever_comes_in_whatever_order_the_books_balance(void **state)
{
    int sequences = 1, shipped = 0;

    (void)state;
    for (int i = 0; i < LONGEST; i++)
        sequences *= INVENTORY_EVENTS;
    for (int number = 0; number < sequences; number++)
        shipped += play(number);
    /* Those that begin with one or more created and then have a confirmed. */
    assert_int_equal(shipped, 81 + 27 + 9 + 3 + 1);
}

/* --- products ----------------------------------------------------------------- */

static void a_change_of_nothing_is_refused(void **state)
{
    struct product p;

    (void)state;
    assert_int_equal(product_change(&ctx, "MUG", &(struct product_change){.price = -1}, &p).code,
                     ERR_INVALID);
    assert_int_equal(product_change(&ctx, "MUG", &(struct product_change){.price = 0}, &p).code,
                     ERR_OK);
    assert_int_equal(p.price, 0);
}

static void a_restock_adds_to_what_is_on_hand(void **state)
{
    struct product p;

    (void)state;
    assert_int_equal(product_restock(&ctx, "MUG", 7, &p).code, ERR_OK);
    assert_int_equal(p.on_hand, 12);
    assert_int_equal(product_restock(&ctx, "GONE", 7, &p).code, ERR_NOT_FOUND);
}

static void the_sample_catalogue_is_fit_for_the_database(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncatalogue; i++) {
        const struct product *p = &catalogue[i];

        assert_true(inventory_sku_valid(p->sku));
        assert_string_equal(p->currency, "EUR");
        assert_in_range(p->price, 1, INVENTORY_MAX_PRICE);
        assert_in_range(p->initial, 0, INVENTORY_MAX_ON_HAND);
        assert_in_range(strlen(p->name), 1, INVENTORY_MAX_NAME);
        assert_int_equal(p->shippable, strcmp(p->sku, "WB-ANVIL") != 0);
    }
}

static void the_sample_catalogue_goes_only_into_an_empty_shop(void **state)
{
    (void)state;
    assert_int_equal(catalogue_load(&ctx).code, ERR_OK);
    assert_int_equal(fake.nproducts, 3);
    memset(&fake, 0, sizeof(fake));
    assert_int_equal(catalogue_load(&ctx).code, ERR_OK);
    assert_int_equal(fake.nproducts, ncatalogue);
    assert_int_equal(fake_product("WB-LAST")->on_hand, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reserving_sets_every_line_aside_and_tells_what_payment_needs),
        TEST(one_line_out_of_stock_reserves_nothing),
        TEST(an_unknown_sku_reserves_nothing),
        TEST(a_repeated_sku_is_refused_and_nothing_is_stored),
        TEST(shipping_takes_the_stock_away_and_names_the_shipment),
        TEST(what_no_carrier_takes_goes_back_to_stock),
        TEST(releasing_gives_every_line_back),
        TEST(a_release_before_its_reservation_refuses_the_reservation),
        TEST(a_release_after_dispatch_comes_too_late),
        TEST(asking_again_gets_the_same_answer_and_moves_no_stock),
        TEST(nothing_is_announced_when_nothing_was_saved),
        TEST(whatever_comes_in_whatever_order_the_books_balance),
        TEST(a_change_of_nothing_is_refused),
        TEST(a_restock_adds_to_what_is_on_hand),
        TEST(the_sample_catalogue_is_fit_for_the_database),
        TEST(the_sample_catalogue_goes_only_into_an_empty_shop),
    };

    return cmocka_run_group_tests_name("inventory: use-cases", tests, NULL, NULL);
}
