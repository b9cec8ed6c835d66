/* test_agree_payment.c - the model's payment service, and the one that ships. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agree.h"
#include "arena.h"
#include "fake_store.h"
#include "tests/explore/provider.h"
#include "tests/explore/services.h"
#include "usecases.h"

static struct ctx ctx;

static void put_row(const struct saga *s)
{
    memset(&fake, 0, sizeof(fake));
    fake.stored = s->payment != PAYMENT_NONE;
    fake.payment = (struct payment){
        .id = "p",
        .order_id = AGREE_ORDER,
        .user_id = AGREE_USER,
        .amount = TOTAL,
        .currency = "EUR",
        .method = "pm_ok",
        .state = (enum payment_state)s->payment,
        .attempts = s->attempts,
        .reason = "",
        .traceparent = "",
        .correlation_id = "",
        .causation_id = "",
    };
}

static void compare(const char *what, const struct saga *model)
{
    const struct bag published = agree_published(fake.published, fake.npublished);
    const int64_t most = agree_scenario.max_attempts;

    assert_int_equal(model->payment, fake.payment.state);
    assert_int_equal(model->refunded, fake.payment.refunded);
    assert_int_equal(model->attempts, fake.payment.attempts < most ? fake.payment.attempts : most);
    agree_on_bags(what, &model->bag, &published);
}

static void both_hear_the_same(void **state)
{
    (void)state;
    agree_on_routes(PAYMENT);
    for (int i = 0; i < ROUTES * PAYMENT_STATES; i++) {
        const struct route *r = &routes[i / PAYMENT_STATES];
        struct saga s = {.payment = (uint8_t)(i % PAYMENT_STATES), .attempts = 1};
        struct world w = {0};

        if (r->to != PAYMENT)
            continue;
        if (s.payment == PAYMENT_NONE)
            s.attempts = 0;
        put_row(&s);
        agree_receive(&ctx, r->type);
        service_hear(&agree_scenario, &w, &s, r, false);
        compare(r->type, &s);
    }
}

static void both_take_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < PAYMENT_STATES; i++) {
        struct saga s = {.payment = (uint8_t)i};
        struct taking taking;
        struct payment job;
        bool found, more;

        put_row(&s);
        assert_int_equal(payment_take(&ctx, &taking).code, ERR_OK);
        assert_int_equal(store_taken(&ctx, &taking, &job, &found, &more).code, ERR_OK);
        assert_int_equal(worker_takes(&agree_scenario, &s), found);
        assert_int_equal(s.workers[0].asked, found ? (int)job.state : PAYMENT_NONE);
    }
}

/* A job that was taken in one state comes back, with this answer, in another. */
static void finish(enum payment_state asked, enum payment_state now, enum answer a)
{
    const struct payment_outcome outcome = answer_outcome(a);
    struct saga s = {.payment = (uint8_t)now, .attempts = 1};
    struct payment job;

    s.workers[0] = (struct worker){(uint8_t)asked, (uint8_t)a};
    put_row(&s);
    job = fake.payment;
    job.state = asked;
    assert_int_equal(payment_finish(&ctx, &job, &outcome).code, ERR_OK);
    assert_true(worker_finishes(&agree_scenario, &s, 0));
    compare(answer_name(a), &s);
}

static void both_finish_alike(void **state)
{
    (void)state;
    for (int asked = 0; asked < PAYMENT_STATES; asked++) {
        if (!payment_is_due((enum payment_state)asked))
            continue;
        for (int now = PAYMENT_NONE + 1; now < PAYMENT_STATES; now++)
            for (int a = NOT_CALLED + 1; a <= NOT_SENT; a++)
                finish((enum payment_state)asked, (enum payment_state)now, (enum answer)a);
    }
}

static int setup(void **state)
{
    (void)state;
    ctx = (struct ctx){.arena = arena_new()};
    payment_set_limits(&(struct payment_limits){
        .max_attempts = agree_scenario.max_attempts,
        .lease_ms = 1000,
    });
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
        cmocka_unit_test_setup_teardown(both_take_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(both_finish_alike, setup, teardown),
    };

    return cmocka_run_group_tests_name("explore: the model's payment", tests, NULL, NULL);
}
