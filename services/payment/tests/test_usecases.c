/* test_usecases.c - the operations of the payment service against fakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "ctx.h"
#include "fake_store.h"
#include "usecases.h"
#include "worker.h"

static struct ctx ctx;

static const struct payment_outcome charged = {.known = true, .event = PAYMENT_CHARGED};
static const struct payment_outcome declined = {
    .known = true, .event = PAYMENT_DECLINED, .reason = "card_declined"};
static const struct payment_outcome returned = {
    .known = true, .event = PAYMENT_RETURNED, .refunded = 700};
static const struct payment_outcome blocked = {.known = true, .event = PAYMENT_BLOCKED};
static const struct payment_outcome no_answer = {.sent = true, .reason = "provider_unavailable"};

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new(), .correlation_id = "o1", .causation_id = "e1"};
    payment_set_limits(&(struct payment_limits){.max_attempts = 2, .lease_ms = 1000});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static const struct payment asked = {
    .order_id = "o1",
    .user_id = "u1",
    .amount = 700,
    .currency = "EUR",
    .method = "pm_ok",
    .reason = "",
};

static void reserved(void)
{
    assert_int_equal(payment_reserved(&ctx, &asked).code, ERR_OK);
}

static void cancelled(void)
{
    struct payment p = asked;

    p.method = "";
    p.reason = "not finished in time";
    assert_int_equal(payment_cancelled(&ctx, &p).code, ERR_OK);
}

static struct payment take(void)
{
    struct taking taking;
    struct payment job;
    bool found, more;

    assert_int_equal(payment_take(&ctx, &taking).code, ERR_OK);
    assert_int_equal(store_taken(&ctx, &taking, &job, &found, &more).code, ERR_OK);
    assert_true(found);
    return job;
}

static void finish(const struct payment *job, const struct payment_outcome *o)
{
    assert_int_equal(payment_finish(&ctx, job, o).code, ERR_OK);
}

static void work(const struct payment_outcome *o)
{
    struct payment job = take();

    finish(&job, o);
}

static void assert_state(enum payment_state s)
{
    assert_string_equal(payment_state_name(fake.payment.state), payment_state_name(s));
}

static void assert_published(size_t n, const char *last)
{
    assert_int_equal(fake.npublished, n);
    assert_string_equal(fake.published[n - 1], last);
    assert_string_equal(fake.subject, "o1");
}

static void a_reservation_is_to_be_charged_and_says_nothing_yet(void **state)
{
    (void)state;
    reserved();
    assert_state(PAYMENT_CHARGING);
    assert_int_equal(fake.npublished, 0);
    assert_true(ctx.wakes & WAKE_JOBS);
}

static void a_captured_charge_is_announced_once_and_again_when_asked_again(void **state)
{
    (void)state;
    reserved();
    work(&charged);
    assert_state(PAYMENT_CAPTURED);
    assert_published(1, "payment.processed");
    assert_string_equal(fake.data, arena_printf(ctx.arena,
                                                "{\"order_id\":\"o1\",\"payment_id\":\"%s\","
                                                "\"amount\":700,\"currency\":\"EUR\"}",
                                                fake.payment.id));
    reserved();
    assert_state(PAYMENT_CAPTURED);
    assert_published(2, "payment.processed");
}

static void a_declined_charge_is_announced_with_the_providers_reason(void **state)
{
    (void)state;
    reserved();
    work(&declined);
    assert_state(PAYMENT_FAILED);
    assert_published(1, "payment.failed");
    assert_string_equal(fake.data, arena_printf(ctx.arena,
                                                "{\"order_id\":\"o1\",\"payment_id\":\"%s\","
                                                "\"reason\":\"card_declined\"}",
                                                fake.payment.id));
}

static void a_cancellation_before_its_reservation_refuses_the_reservation(void **state)
{
    (void)state;
    cancelled();
    assert_state(PAYMENT_VOID);
    assert_published(1, "payment.failed");
    reserved();
    assert_state(PAYMENT_VOID);
    assert_published(2, "payment.failed");
    assert_false(ctx.wakes & WAKE_JOBS);
}

static void a_cancelled_capture_is_refunded_and_announced(void **state)
{
    (void)state;
    reserved();
    work(&charged);
    cancelled();
    assert_state(PAYMENT_REFUNDING);
    assert_string_equal(fake.payment.reason, "not finished in time");
    assert_int_equal(fake.npublished, 1);
    work(&returned);
    assert_state(PAYMENT_REFUNDED);
    assert_published(2, "payment.refunded");
    assert_non_null(strstr(fake.data, "\"amount\":700"));
    cancelled();
    assert_published(3, "payment.refunded");
}

static void a_cancellation_during_the_charge_wins_over_its_outcome(void **state)
{
    struct payment job;

    (void)state;
    reserved();
    job = take();
    cancelled();
    assert_true(fake.leased);
    ctx.wakes = 0; /* the wake for the cancellation found it leased */
    finish(&job, &charged);
    assert_int_equal(ctx.wakes & WAKE_JOBS, WAKE_JOBS);
    assert_state(PAYMENT_REFUNDING);
    assert_false(fake.leased);
    assert_int_equal(fake.npublished, 0);
    work(&returned);
    assert_state(PAYMENT_REFUNDED);
    assert_published(1, "payment.refunded");
}

static void a_cancellation_of_what_was_never_captured_is_answered_too(void **state)
{
    (void)state;
    reserved();
    cancelled();
    work(&blocked);
    assert_state(PAYMENT_VOID);
    assert_published(1, "payment.failed");
    assert_non_null(strstr(fake.data, "\"reason\":\"not finished in time\""));
}

static void a_charge_without_an_answer_is_undone_before_it_is_said_to_have_failed(void **state)
{
    (void)state;
    reserved();
    work(&no_answer);
    assert_state(PAYMENT_CHARGING);
    assert_true(fake.delay_ms > 0);
    ctx.wakes = 0;
    work(&no_answer);
    assert_state(PAYMENT_GIVING_UP);
    assert_int_equal(fake.npublished, 0);
    assert_true(ctx.wakes & WAKE_JOBS);
    work(&returned); /* it had been captured after all */
    assert_state(PAYMENT_FAILED);
    assert_int_equal(fake.payment.refunded, 700);
    assert_published(1, "payment.failed");
    assert_non_null(strstr(fake.data, "\"reason\":\"provider_unavailable\""));
}

static void the_outcome_of_a_worker_that_was_too_late_is_not_announced_again(void **state)
{
    struct payment late;

    (void)state;
    reserved();
    late = take();
    fake.leased = false; /* the lease ran out */
    work(&charged);
    finish(&late, &charged);
    assert_state(PAYMENT_CAPTURED);
    assert_published(1, "payment.processed");
}

static void a_payment_remembers_which_event_asked_for_its_state(void **state)
{
    (void)state;
    reserved();
    assert_string_equal(fake.payment.correlation_id, "o1");
    assert_string_equal(fake.payment.causation_id, "e1");
    ctx.causation_id = "e2";
    reserved(); /* changes nothing */
    assert_string_equal(fake.payment.causation_id, "e1");
    cancelled();
    assert_string_equal(fake.payment.causation_id, "e2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_reservation_is_to_be_charged_and_says_nothing_yet),
        TEST(a_captured_charge_is_announced_once_and_again_when_asked_again),
        TEST(a_declined_charge_is_announced_with_the_providers_reason),
        TEST(a_cancellation_before_its_reservation_refuses_the_reservation),
        TEST(a_cancelled_capture_is_refunded_and_announced),
        TEST(a_cancellation_during_the_charge_wins_over_its_outcome),
        TEST(a_cancellation_of_what_was_never_captured_is_answered_too),
        TEST(a_charge_without_an_answer_is_undone_before_it_is_said_to_have_failed),
        TEST(the_outcome_of_a_worker_that_was_too_late_is_not_announced_again),
        TEST(a_payment_remembers_which_event_asked_for_its_state),
    };

    return cmocka_run_group_tests_name("payment use-cases", tests, NULL, NULL);
}
