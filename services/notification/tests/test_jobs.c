/* test_jobs.c - a worker's step, with fakes for the store, the peers and the units. */
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
#include "log.h"
#include "peers.h"
#include "usecases.h"

#define TRACE_ID "0af7651916cd43dd8448eb211c80319c"

static struct ctx ctx;
static bool unit_open;
static int committed, rolled_back, looked_up, nmailed;
static struct err commit, contact_answer;           /* what these answer */
static char seen_trace[sizeof(ctx.trace.trace_id)]; /* by the user service */

void db_unit_begin(struct ctx *c, enum db_mode mode)
{
    (void)c;
    assert_int_equal(mode, DB_WRITE);
    assert_false(unit_open);
    unit_open = true;
}

struct err db_unit_commit(struct ctx *c)
{
    (void)c;
    assert_true(unit_open);
    unit_open = false;
    committed += !commit.code;
    return commit;
}

void db_unit_rollback(struct ctx *c)
{
    (void)c;
    unit_open = false;
    rolled_back++;
}

struct err peers_find_contact(struct ctx *c, const char *user_id, struct contact *out)
{
    (void)user_id;
    assert_false(unit_open); /* a call to another service, and no transaction */
    looked_up++;
    memcpy(seen_trace, c->trace.trace_id, sizeof(seen_trace));
    *out = (struct contact){.email = "ada@example.org", .name = "Ada"};
    return contact_answer;
}

static struct err count_mail(struct ctx *c, const struct mail *m)
{
    (void)c, (void)m;
    assert_false(unit_open);
    nmailed++;
    return OK;
}

static int setup(void **state)
{
    static const struct mailer mailer = {"test", count_mail};

    (void)state;
    memset(&fake, 0, sizeof(fake));
    ctx = (struct ctx){.arena = arena_new(), .trace = trace_continue("")};
    unit_open = false;
    committed = rolled_back = looked_up = nmailed = 0;
    commit = contact_answer = OK;
    notification_set_mailer(&mailer);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(ctx.arena);
    return 0;
}

static void one_is_due(void)
{
    fake.list[fake.n++] = (struct notification){
        .id = "n1",
        .event_id = "e1",
        .user_id = "u1",
        .order_id = "o1",
        .kind = "order.created",
        .subject = "s",
        .body = "b",
        .state = NOTIFICATION_PENDING,
        .traceparent = "00-" TRACE_ID "-b7ad6b7169203331-01",
    };
}

static struct err deliver(bool *more)
{
    *more = false;
    return jobs_deliver(&ctx, NULL, more);
}

static void without_work_nobody_is_called(void **state)
{
    bool more;

    (void)state;
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(committed, 1);
    assert_int_equal(looked_up, 0);
}

static void taking_and_settling_are_units_and_sending_is_in_neither(void **state)
{
    bool more;

    (void)state;
    one_is_due();
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_true(more);
    assert_int_equal(committed, 2);
    assert_int_equal(nmailed, 1);
    assert_int_equal(fake.list[0].state, NOTIFICATION_SENT);
}

static void the_call_belongs_to_the_trace_of_the_event(void **state)
{
    bool more;

    (void)state;
    one_is_due();
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_string_equal(seen_trace, TRACE_ID);
}

static void an_outage_is_no_error_of_the_step_but_makes_it_rest(void **state)
{
    bool more;

    (void)state;
    one_is_due();
    contact_answer = (struct err){ERR_UNAVAILABLE, "user cannot be reached"};
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_false(more);
    assert_int_equal(nmailed, 0);
    assert_int_equal(fake.list[0].state, NOTIFICATION_PENDING);
    assert_string_equal(fake.list[0].reason, "user cannot be reached");
}

static void what_failed_for_good_does_not_make_it_rest(void **state)
{
    bool more;

    (void)state;
    one_is_due();
    contact_answer = (struct err){ERR_NOT_FOUND, "there is no such user"};
    assert_int_equal(deliver(&more).code, ERR_OK);
    assert_true(more);
    assert_int_equal(fake.list[0].state, NOTIFICATION_FAILED);
}

static void what_could_not_be_taken_is_not_sent(void **state)
{
    bool more;

    (void)state;
    one_is_due();
    commit = (struct err){ERR_UNAVAILABLE, "the database is not available"};
    assert_int_equal(deliver(&more).code, ERR_UNAVAILABLE);
    assert_int_equal(nmailed, 0);
    fake.fails = commit;
    commit = OK;
    assert_int_equal(deliver(&more).code, ERR_UNAVAILABLE);
    assert_int_equal(nmailed, 0);
    assert_int_equal(rolled_back, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_work_nobody_is_called),
        TEST(taking_and_settling_are_units_and_sending_is_in_neither),
        TEST(the_call_belongs_to_the_trace_of_the_event),
        TEST(an_outage_is_no_error_of_the_step_but_makes_it_rest),
        TEST(what_failed_for_good_does_not_make_it_rest),
        TEST(what_could_not_be_taken_is_not_sent),
    };

    log_init("test", "test", "error"); /* what is put off here is meant to be */
    return cmocka_run_group_tests_name("notification jobs", tests, NULL, NULL);
}
