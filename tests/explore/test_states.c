/* test_states.c - how worlds are packed, told apart and found again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "states.h"
#include "world.h"

static const struct scenario two_orders = {.name = "two orders", .orders = 2, .stock = 2};

/* Each field that is packed, with the largest number it takes. */
static struct world full(void)
{
    struct world w = {.on_hand = -3, .reserved = 7, .dispatched = 4};

    for (int i = 0; i < two_orders.orders; i++) {
        w.sagas[i] = (struct saga){
            .status = ORDER_CANCELLED,
            .version = 7,
            .settled = 1,
            .reservation = 5,
            .peeked = 2,
            .payment = 7,
            .attempts = 7,
            .refunded = 1,
            .charge = CHARGE_CANCELLED,
            .captured = 3,
            .returned = 3,
            .late = LATE_CHARGE | LATE_CANCEL,
        };
        memset(w.sagas[i].told, 2, sizeof(w.sagas[i].told));
        w.sagas[i].workers[0] = (struct worker){3, NOT_SENT};
        w.sagas[i].workers[1] = (struct worker){3, UNKNOWN};
        w.sagas[i].bag.waiting = (UINT64_C(1) << (ROUTES * BAG_BITS)) - 1;
        w.sagas[i].bag.copies = (UINT32_C(1) << ROUTES) - 1;
    }
    return w;
}

static void a_world_survives_its_packing(void **state)
{
    const struct world w = full();
    uint64_t words[WORLD_WORDS], again[WORLD_WORDS];
    struct world unpacked;

    (void)state;
    world_pack(&two_orders, &w, words, NULL);
    unpacked = world_unpack(&two_orders, words);
    world_pack(&two_orders, &unpacked, again, NULL);
    assert_memory_equal(words, again, world_words(&two_orders) * sizeof(words[0]));
    assert_int_equal(unpacked.on_hand, -3);
    assert_int_equal(unpacked.sagas[1].bag.waiting, w.sagas[1].bag.waiting);
    assert_int_equal(unpacked.sagas[1].told[ORDER_CANCELLED], 2);
    assert_int_equal(unpacked.sagas[1].workers[1].answer, UNKNOWN);
}

static void of_two_orders_either_may_be_the_first(void **state)
{
    uint64_t one_way[WORLD_WORDS], other_way[WORLD_WORDS];
    char names[] = "AB", swapped[] = "AB";
    struct world w = {0};

    (void)state;
    w.sagas[0].status = ORDER_SHIPPED;
    world_pack(&two_orders, &w, one_way, names);
    w.sagas[0].status = 0;
    w.sagas[1].status = ORDER_SHIPPED;
    world_pack(&two_orders, &w, other_way, swapped);
    assert_memory_equal(one_way, other_way, world_words(&two_orders) * sizeof(one_way[0]));
    assert_string_not_equal(names, swapped);
}

static void either_worker_may_be_the_first(void **state)
{
    uint64_t one_way[WORLD_WORDS], other_way[WORLD_WORDS];
    struct world w = {0};

    (void)state;
    w.sagas[0].workers[0] = (struct worker){1, CHARGED};
    world_pack(&two_orders, &w, one_way, NULL);
    w.sagas[0].workers[1] = w.sagas[0].workers[0];
    w.sagas[0].workers[0] = (struct worker){0};
    world_pack(&two_orders, &w, other_way, NULL);
    assert_memory_equal(one_way, other_way, world_words(&two_orders) * sizeof(one_way[0]));
}

static void a_state_is_found_again_however_many_there_are(void **state)
{
    enum { MANY = 100000 };
    struct states *s = states_new(2, MANY);
    const struct origin from = {0};
    uint32_t number;
    bool added;

    (void)state;
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < MANY; i++) {
            assert_true(states_add(s, (uint64_t[]){i / 7, i % 7 << 60}, from, &number, &added));
            assert_int_equal(added, round == 0);
            assert_int_equal(number, i);
        }
    }
    assert_int_equal(s->count, MANY);
    assert_false(states_add(s, (uint64_t[]){MANY, MANY}, from, &number, &added));
    states_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_world_survives_its_packing),
        cmocka_unit_test(of_two_orders_either_may_be_the_first),
        cmocka_unit_test(either_worker_may_be_the_first),
        cmocka_unit_test(a_state_is_found_again_however_many_there_are),
    };

    return cmocka_run_group_tests_name("explore: states", tests, NULL, NULL);
}
