/* test_agree_inventory.c - the model's inventory service, and the one that ships. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agree.h"
#include "arena.h"
#include "fake_store.h"
#include "tests/explore/services.h"

static struct ctx ctx;

static void put_row(const struct world *w, const struct saga *s, bool refused)
{
    memset(&fake, 0, sizeof(fake));
    fake.products[0] = (struct product){
        .sku = "ITEM",
        .currency = "EUR",
        .shippable = !refused,
        .on_hand = w->on_hand,
        .reserved = w->reserved,
        .dispatched = w->dispatched,
    };
    fake.nproducts = 1;
    fake.reservation = reservation_new(AGREE_ORDER);
    fake.reservation.state = (enum inventory_state)s->reservation;
    fake.reservation.currency = "EUR";
    fake.reservation.nlines = 1;
    fake.lines[0] = (struct reservation_line){.sku = "ITEM", .quantity = PIECES};
}

static void compare(const char *what, const struct world *w, const struct saga *s)
{
    const struct bag published = agree_published(fake.published, fake.npublished);

    assert_int_equal(s->reservation, fake.reservation.state);
    assert_int_equal(w->on_hand, fake.products[0].on_hand);
    assert_int_equal(w->reserved, fake.products[0].reserved);
    assert_int_equal(w->dispatched, fake.products[0].dispatched);
    agree_on_bags(what, &s->bag, &published);
}

/* From this state, with this much on hand, both hear r. */
static void hear(const struct route *r, int reservation, int on_hand, bool refused)
{
    struct world w = {.on_hand = (int8_t)on_hand};
    struct saga s = {.reservation = (uint8_t)reservation};

    w.reserved = reservation == INVENTORY_RESERVED ? PIECES : 0;
    w.dispatched = reservation == INVENTORY_DISPATCHED ? PIECES : 0;
    put_row(&w, &s, refused);
    agree_receive(&ctx, r->type);
    service_hear(&agree_scenario, &w, &s, r, refused);
    compare(r->type, &w, &s);
}

static void both_hear_the_same(void **state)
{
    (void)state;
    agree_on_routes(INVENTORY);
    for (int i = 0; i < ROUTES; i++) {
        if (routes[i].to != INVENTORY)
            continue;
        for (int reservation = 0; reservation < INVENTORY_STATES; reservation++) {
            hear(&routes[i], reservation, PIECES, false);
            hear(&routes[i], reservation, PIECES, true);
            if (reservation != INVENTORY_RESERVED)
                hear(&routes[i], reservation, 0, false);
        }
    }
}

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_hear_the_same, setup, teardown),
    };

    return cmocka_run_group_tests_name("explore: the model's inventory", tests, NULL, NULL);
}
