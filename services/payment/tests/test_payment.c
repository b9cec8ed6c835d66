/* test_payment.c - the life cycle of a payment: every state against every event, and
 * every way in which calls to the provider can go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "payment.h"

enum {
    N = PAYMENT_NONE,
    C = PAYMENT_CHARGING,
    G = PAYMENT_GIVING_UP,
    U = PAYMENT_REFUNDING,
    X = PAYMENT_CAPTURED,
    F = PAYMENT_FAILED,
    R = PAYMENT_REFUNDED,
    V = PAYMENT_VOID,
};

static void every_state_answers_every_event(void **state)
{
    /* columns: reserved cancelled charged declined exhausted returned blocked */
    static const int expected[PAYMENT_STATES][PAYMENT_EVENTS] = {
        [N] = {C, V, N, N, N, N, N}, /* not heard of */
        [C] = {C, U, X, F, G, C, C}, /* charging */
        [G] = {G, U, G, G, G, F, F}, /* giving up */
        [U] = {U, U, U, U, U, R, V}, /* refunding */
        [X] = {X, U, X, X, X, X, X}, /* captured */
        [F] = {F, F, F, F, F, F, F}, /* failed */
        [R] = {R, R, R, R, R, R, R}, /* refunded */
        [V] = {V, V, V, V, V, V, V}, /* void */
    };

    (void)state;
    for (int s = 0; s < PAYMENT_STATES; s++)
        for (int e = 0; e < PAYMENT_EVENTS; e++)
            assert_int_equal(payment_next((enum payment_state)s, (enum payment_event)e),
                             expected[s][e]);
}

static void a_result_is_announced_and_what_is_under_way_is_due(void **state)
{
    static const char *const expected[PAYMENT_STATES] = {
        [X] = "payment.processed",
        [F] = "payment.failed",
        [R] = "payment.refunded",
        [V] = "payment.failed",
    };

    (void)state;
    for (int s = 0; s < PAYMENT_STATES; s++) {
        const char *type = payment_announcement((enum payment_state)s);

        if (expected[s])
            assert_string_equal(type, expected[s]);
        else
            assert_null(type);
        assert_int_equal(payment_is_due((enum payment_state)s), s == C || s == G || s == U);
    }
}

static void every_state_has_a_name_that_reads_back(void **state)
{
    enum payment_state s;

    (void)state;
    for (int i = 0; i < PAYMENT_STATES; i++) {
        assert_true(payment_state_parse(payment_state_name((enum payment_state)i), &s));
        assert_int_equal(s, i);
    }
    assert_false(payment_state_parse("PAID", &s));
}

static void a_new_state_starts_its_attempts_anew_and_keeps_the_reason(void **state)
{
    struct payment p = {.state = PAYMENT_CHARGING, .reason = "", .attempts = 3};

    (void)state;
    assert_true(payment_apply(&p, PAYMENT_CANCELLED, "changed my mind"));
    assert_int_equal(p.attempts, 0);
    assert_string_equal(p.reason, "changed my mind");
    assert_true(payment_apply(&p, PAYMENT_RETURNED, NULL));
    assert_string_equal(p.reason, "changed my mind");
    assert_false(payment_apply(&p, PAYMENT_CANCELLED, "again"));
    assert_string_equal(p.reason, "changed my mind");
}

/* --- outcomes --------------------------------------------------------------------- */

static const struct payment_outcome no_answer = {.sent = true, .reason = "provider_unavailable"};
static const struct payment_outcome not_sent = {.sent = false, .reason = "provider_unavailable"};

static void an_unknown_outcome_is_tried_again_and_later_each_time(void **state)
{
    struct payment p = {.state = PAYMENT_CHARGING, .reason = ""};
    int64_t last = 0;

    (void)state;
    for (int i = 1; i < 6; i++) {
        int64_t delay = payment_settle(&p, PAYMENT_CHARGING, &no_answer, 6);

        assert_int_equal(p.state, PAYMENT_CHARGING);
        assert_int_equal(p.attempts, i);
        assert_true(delay > last);
        last = delay;
    }
    assert_int_equal(payment_settle(&p, PAYMENT_CHARGING, &no_answer, 6), 0);
    assert_int_equal(p.state, PAYMENT_GIVING_UP);
    assert_int_equal(p.attempts, 0);
    assert_string_equal(p.reason, "provider_unavailable");
}

static void a_call_that_was_not_made_counts_for_nothing_but_waits(void **state)
{
    struct payment p = {.state = PAYMENT_CHARGING, .reason = "", .attempts = 5};

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_true(payment_settle(&p, PAYMENT_CHARGING, &not_sent, 6) > 0);
    assert_int_equal(p.state, PAYMENT_CHARGING);
    assert_int_equal(p.attempts, 5);
}

static void undoing_is_never_given_up(void **state)
{
    (void)state;
    for (int s = PAYMENT_GIVING_UP; s <= PAYMENT_REFUNDING; s++) {
        struct payment p = {.state = (enum payment_state)s, .reason = ""};

        for (int i = 0; i < 1000; i++)
            assert_in_range(payment_settle(&p, p.state, &no_answer, 6), 1, 60000);
        assert_int_equal(p.state, s);
        assert_int_equal(p.attempts, 1000);
    }
}

static void a_failed_charge_says_nothing_about_a_refund_that_was_asked_for_meanwhile(void **state)
{
    struct payment p = {.state = PAYMENT_REFUNDING, .reason = "", .attempts = 0};

    (void)state;
    assert_int_equal(payment_settle(&p, PAYMENT_CHARGING, &no_answer, 1), 0);
    assert_int_equal(p.state, PAYMENT_REFUNDING);
    assert_int_equal(p.attempts, 0);
}

static void what_was_given_back_is_kept(void **state)
{
    const struct payment_outcome returned = {
        .known = true, .event = PAYMENT_RETURNED, .refunded = 700};
    struct payment p = {.state = PAYMENT_REFUNDING, .amount = 700, .reason = ""};

    (void)state;
    assert_int_equal(payment_settle(&p, PAYMENT_REFUNDING, &returned, 6), 0);
    assert_int_equal(p.state, PAYMENT_REFUNDED);
    assert_int_equal(p.refunded, 700);
}

static void the_backoff_doubles_up_to_a_minute(void **state)
{
    (void)state;
    assert_int_equal(payment_backoff_ms(1), 500);
    assert_int_equal(payment_backoff_ms(2), 1000);
    assert_int_equal(payment_backoff_ms(7), 32000);
    assert_int_equal(payment_backoff_ms(8), 60000);
    assert_int_equal(payment_backoff_ms(INT64_MAX), 60000);
}

/* --- every interleaving ------------------------------------------------------------- */

/* A payment, the provider as its API promises to be, and a network that loses and
 * delays. Two workers may have the payment in hand, for leases run out. */
enum { AMOUNT = 700, WORKERS = 2, MAX_ATTEMPTS = 2, DEPTH = 8 };

struct world {
    struct payment p;
    bool declines;              /* the method */
    bool blocked, declined;     /* what the provider knows of the key */
    int64_t captured, refunded; /* and the money that moved there */
    int delayed;                /* charges that are still on their way to it */
    struct {
        bool busy;
        enum payment_state asked_in;
        struct payment_outcome outcome; /* what it will note when it comes round to it */
    } worker[WORKERS];
};

static struct payment_outcome provider_charges(struct world *w)
{
    struct payment_outcome o = {.known = true, .event = PAYMENT_DECLINED, .reason = "no"};

    if (w->blocked || w->declined)
        return o;
    if (w->declines) {
        w->declined = true;
        return o;
    }
    if (w->captured == 0)
        w->captured += AMOUNT;
    o.event = PAYMENT_CHARGED;
    o.reason = NULL;
    return o;
}

static struct payment_outcome provider_undoes(struct world *w)
{
    struct payment_outcome o = {.known = true, .event = PAYMENT_BLOCKED};

    if (!w->blocked)
        w->refunded += w->captured;
    w->blocked = true;
    o.refunded = w->refunded;
    if (o.refunded > 0)
        o.event = PAYMENT_RETURNED;
    return o;
}

enum fate { ANSWERED, ANSWER_LOST, REQUEST_LOST, REQUEST_DELAYED, FATES };

/* A worker takes the payment and calls; it notes the outcome in a step of its own. */
static bool call(struct world *w, int worker, enum fate fate)
{
    if (w->worker[worker].busy || !payment_is_due(w->p.state))
        return false;
    w->worker[worker].busy = true;
    w->worker[worker].asked_in = w->p.state;
    w->worker[worker].outcome = no_answer;
    if (fate == REQUEST_DELAYED && w->p.state == PAYMENT_CHARGING)
        w->delayed++;
    if (fate == REQUEST_LOST || fate == REQUEST_DELAYED)
        return true;
    struct payment_outcome o =
        w->p.state == PAYMENT_CHARGING ? provider_charges(w) : provider_undoes(w);
    if (fate == ANSWERED)
        w->worker[worker].outcome = o;
    return true;
}

static bool note(struct world *w, int worker)
{
    if (!w->worker[worker].busy)
        return false;
    payment_settle(&w->p, w->worker[worker].asked_in, &w->worker[worker].outcome, MAX_ATTEMPTS);
    w->worker[worker].busy = false;
    return true;
}

static bool crash(struct world *w, int worker)
{
    bool busy = w->worker[worker].busy;

    w->worker[worker].busy = false;
    return busy;
}

static bool arrive(struct world *w)
{
    if (w->delayed == 0)
        return false;
    w->delayed--;
    provider_charges(w);
    return true;
}

enum { ARRIVE = WORKERS * (FATES + 2), RESERVED, CANCELLED, STEPS };

static bool step(struct world *w, int which)
{
    int worker = which / (FATES + 2), what = which % (FATES + 2);

    switch (which) {
    case ARRIVE: return arrive(w);
    case RESERVED: return payment_apply(&w->p, PAYMENT_RESERVED, "");
    case CANCELLED: return payment_apply(&w->p, PAYMENT_CANCELLED, "");
    default: break;
    }
    if (what < FATES)
        return call(w, worker, (enum fate)what);
    return what == FATES ? note(w, worker) : crash(w, worker);
}

/* From here on nothing fails any more. */
static void settle_down(struct world *w, bool arrivals_first)
{
    for (int i = 0; i < WORKERS; i++)
        note(w, i);
    while (arrivals_first && arrive(w))
        ;
    while (call(w, 0, ANSWERED))
        note(w, 0);
    while (arrive(w))
        ;
}

static void check_money(const struct world *w)
{
    assert_false(payment_is_due(w->p.state));
    assert_true(w->captured <= AMOUNT);
    assert_int_equal(w->captured - w->refunded, w->p.state == PAYMENT_CAPTURED ? AMOUNT : 0);
    if (w->p.state == PAYMENT_REFUNDED)
        assert_int_equal(w->p.refunded, AMOUNT);
}

static int64_t explored;

static void explore(const struct world *w, int depth)
{
    for (int late = 0; late < 2; late++) {
        struct world end = *w;

        settle_down(&end, late == 0);
        check_money(&end);
    }
    explored++;
    for (int i = 0; depth > 0 && i < STEPS; i++) {
        struct world next = *w;

        if (step(&next, i))
            explore(&next, depth - 1);
    }
}

static void money_is_never_lost_whatever_fails_in_whatever_order(void **state)
{
    const struct world willing = {
        .p = {.reason = "", .amount = AMOUNT}
    };
    struct world declining = willing;

    (void)state;
    explore(&willing, DEPTH);
    declining.declines = true;
    explore(&declining, DEPTH);
    assert_true(explored > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_answers_every_event),
        cmocka_unit_test(a_result_is_announced_and_what_is_under_way_is_due),
        cmocka_unit_test(every_state_has_a_name_that_reads_back),
        cmocka_unit_test(a_new_state_starts_its_attempts_anew_and_keeps_the_reason),
        cmocka_unit_test(an_unknown_outcome_is_tried_again_and_later_each_time),
        cmocka_unit_test(a_call_that_was_not_made_counts_for_nothing_but_waits),
        cmocka_unit_test(undoing_is_never_given_up),
        cmocka_unit_test(a_failed_charge_says_nothing_about_a_refund_that_was_asked_for_meanwhile),
        cmocka_unit_test(what_was_given_back_is_kept),
        cmocka_unit_test(the_backoff_doubles_up_to_a_minute),
        cmocka_unit_test(money_is_never_lost_whatever_fails_in_whatever_order),
    };

    return cmocka_run_group_tests_name("payment", tests, NULL, NULL);
}
