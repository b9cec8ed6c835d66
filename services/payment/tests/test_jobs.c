/* test_jobs.c - a worker's step, with fakes for the store, the provider and the units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "arena.h"
#include "db.h"
#include "fake_store.h"
#include "jobs.h"
#include "provider.h"
#include "worker.h"

static struct ctx ctx;
static bool unit_open, down;
static int begun, committed, rolled_back, charges, undos, woken;
static struct err commit; /* what the next one answers */
static struct trace seen; /* by the provider */
static struct payment_outcome outcome;

void db_unit_begin(struct ctx *c, enum db_mode mode)
{
    (void)c;
    assert_int_equal(mode, DB_WRITE);
    assert_false(unit_open);
    unit_open = true;
    begun++;
}

struct err db_unit_commit(struct ctx *c)
{
    (void)c;
    assert_true(unit_open);
    if (commit.code)
        return commit;
    unit_open = false;
    committed++;
    return OK;
}

void db_unit_rollback(struct ctx *c)
{
    (void)c;
    unit_open = false;
    rolled_back++;
}

void worker_wake(unsigned bits)
{
    assert_int_equal(bits, WAKE_JOBS);
    woken++;
}

bool provider_is_up(struct ctx *c)
{
    (void)c;
    assert_false(unit_open);
    return !down;
}

struct payment_outcome provider_charge(struct ctx *c, const struct payment *p)
{
    assert_false(unit_open);
    assert_int_equal(p->state, PAYMENT_CHARGING);
    seen = c->trace;
    charges++;
    return outcome;
}

struct payment_outcome provider_undo(struct ctx *c, const struct payment *p)
{
    assert_false(unit_open);
    assert_true(p->state == PAYMENT_GIVING_UP || p->state == PAYMENT_REFUNDING);
    seen = c->trace;
    undos++;
    return outcome;
}

static int setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new(), .trace = trace_continue("")};
    unit_open = down = false;
    begun = committed = rolled_back = charges = undos = woken = 0;
    commit = OK;
    outcome = (struct payment_outcome){.known = true, .event = PAYMENT_CHARGED};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void a_payment_in(enum payment_state s)
{
    fake.stored = true;
    fake.payment = (struct payment){
        .id = "p1",
        .order_id = "o1",
        .user_id = "u1",
        .amount = 700,
        .currency = "EUR",
        .method = "pm_ok",
        .state = s,
        .reason = "",
        .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        .correlation_id = "o1",
        .causation_id = "e1",
    };
}

static void without_work_nobody_is_called(void **state)
{
    bool more = true;

    (void)state;
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(charges + undos + woken, 0);
    assert_int_equal(begun, 1);
    assert_int_equal(committed, 1);
}

static void a_due_payment_is_charged_between_two_units(void **state)
{
    bool more = false;

    (void)state;
    a_payment_in(PAYMENT_CHARGING);
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(charges, 1);
    assert_int_equal(woken, 0); /* it was the only one */
    assert_int_equal(committed, 2);
    assert_int_equal(fake.payment.state, PAYMENT_CAPTURED);
}

static void who_leaves_others_wakes_the_next_and_looks_again(void **state)
{
    bool more = false;

    (void)state;
    a_payment_in(PAYMENT_CHARGING);
    fake.more = true;
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_int_equal(woken, 1);
    assert_int_equal(begun, 2); /* the second one also looked, and another was faster */
    assert_false(more);
}

static void what_is_given_up_or_refunded_is_undone(void **state)
{
    bool more;

    (void)state;
    outcome.event = PAYMENT_BLOCKED;
    a_payment_in(PAYMENT_GIVING_UP);
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_int_equal(fake.payment.state, PAYMENT_FAILED);
    a_payment_in(PAYMENT_REFUNDING);
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_int_equal(fake.payment.state, PAYMENT_VOID);
    assert_int_equal(undos, 2);
    assert_int_equal(charges, 0);
}

static void a_lease_that_may_not_be_committed_calls_nobody(void **state)
{
    bool more;

    (void)state;
    a_payment_in(PAYMENT_CHARGING);
    commit = (struct err){ERR_UNAVAILABLE, "the database is gone"};
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_UNAVAILABLE);
    assert_int_equal(charges, 0);
    assert_int_equal(rolled_back, 1);
    assert_false(unit_open);
}

static void an_outcome_that_cannot_be_noted_leaves_the_lease_to_run_out(void **state)
{
    bool more;

    (void)state;
    a_payment_in(PAYMENT_CHARGING);
    fake.settle = (struct err){ERR_UNAVAILABLE, "the database is gone"};
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_UNAVAILABLE);
    assert_int_equal(charges, 1);
    assert_int_equal(rolled_back, 1);
    assert_true(fake.leased);
    assert_int_equal(fake.payment.state, PAYMENT_CHARGING);
    assert_int_equal(fake.npublished, 0);
}

static void while_the_provider_is_down_nothing_is_taken(void **state)
{
    bool more = false;

    (void)state;
    a_payment_in(PAYMENT_CHARGING);
    down = true;
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(begun, 0);
    assert_false(fake.leased);
}

static void the_call_belongs_to_the_trace_of_the_event_that_asked(void **state)
{
    bool more;

    (void)state;
    a_payment_in(PAYMENT_CHARGING);
    assert_int_equal(jobs_settle(&ctx, NULL, &more).code, ERR_OK);
    assert_string_equal(seen.trace_id, "0af7651916cd43dd8448eb211c80319c");
    assert_string_equal(ctx.correlation_id, "o1");
    assert_string_equal(ctx.causation_id, "e1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_work_nobody_is_called),
        TEST(a_due_payment_is_charged_between_two_units),
        TEST(who_leaves_others_wakes_the_next_and_looks_again),
        TEST(what_is_given_up_or_refunded_is_undone),
        TEST(a_lease_that_may_not_be_committed_calls_nobody),
        TEST(an_outcome_that_cannot_be_noted_leaves_the_lease_to_run_out),
        TEST(while_the_provider_is_down_nothing_is_taken),
        TEST(the_call_belongs_to_the_trace_of_the_event_that_asked),
    };

    return cmocka_run_group_tests_name("payment jobs", tests, NULL, NULL);
}
